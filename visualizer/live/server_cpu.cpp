#include "live/server_cpu.h"

#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

#include "forkscope/telemetry/process_tree.h"
#include "live/core_users.h"
#include "live/proc_file.h"

namespace forkscope::live {

namespace {

/// Of one that has ended meanwhile, what could be read of it.
std::uint64_t cpu_ns_of(std::uint32_t pid) {
  std::uint64_t sum = 0;
  std::error_code ended;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (std::filesystem::directory_iterator task(tasks, ended), end; !ended && task != end;
       task.increment(ended)) {
    const std::string text = read_proc_file(task->path().string() + "/schedstat");
    std::uint64_t ran_ns = 0;
    std::from_chars(text.data(), text.data() + text.size(), ran_ns);
    sum += ran_ns;
  }
  return sum;
}

}  // namespace

std::optional<std::uint64_t> server_cpu_ns(const picture::Snapshot& now) {
  std::uint64_t sum = cpu_ns_of(now.server.primary_pid);
  if (sum == 0) return std::nullopt;
  for (const telemetry::WorkerReport& worker : now.workers) {
    if (worker.pid == 0) continue;
    const auto process =
        parse_process(read_proc_file("/proc/" + std::to_string(worker.pid) + "/stat"));
    if (!process) continue;
    if (process->parent != now.server.primary_pid) return std::nullopt;
    if (!worker.program) {
      sum += cpu_ns_of(worker.pid);
      continue;
    }
    for (const auto& below : telemetry::process_tree(worker.pid)) sum += cpu_ns_of(below.pid);
  }
  return sum;
}

}  // namespace forkscope::live
