#include "live/core_meter.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "live/proc_file.h"

namespace forkscope::live {

namespace {

constexpr std::uint64_t kPeriodNs = 100'000'000;
constexpr std::size_t kLooks = 6;  // five periods

std::uint64_t take_number(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  return value;
}

}  // namespace

std::vector<CoreTicks> parse_proc_stat(std::string_view text) {
  std::vector<CoreTicks> cores;
  while (text.starts_with("cpu")) {
    std::string_view line = text.substr(3, text.find('\n') - 3);
    text.remove_prefix(std::min(line.size() + 4, text.size()));
    if (line.empty() || line.front() == ' ') continue;  // the sum of all
    CoreTicks core;
    core.number = static_cast<std::uint32_t>(take_number(line));
    enum Field { user, nice, system, idle, iowait, irq, softirq, steal, kFields };
    for (int field = 0; field < kFields; ++field) {
      const std::uint64_t ticks = take_number(line);
      core.all += ticks;
      if (field != idle && field != iowait) core.busy += ticks;
    }
    cores.push_back(core);
  }
  return cores;
}

std::vector<std::uint32_t> allowed_cores() {
  constexpr pid_t kFirst = 1;
  constexpr pid_t kOwn = 0;
  std::array<cpu_set_t, 8> set{};  // 8192 cores, the most that the kernel can be built for
  if (::sched_getaffinity(kFirst, sizeof set, set.data()) != 0 &&
      ::sched_getaffinity(kOwn, sizeof set, set.data()) != 0) {
    return {};
  }
  std::vector<std::uint32_t> cores;
  for (std::uint32_t core = 0; core < 8 * sizeof set; ++core) {
    if (CPU_ISSET_S(core, sizeof set, set.data())) cores.push_back(core);
  }
  return cores;
}

std::vector<CoreTicks> with_kernel_numbers(std::vector<CoreTicks> cores,
                                           std::span<const std::uint32_t> allowed) {
  const bool are_kernels = std::all_of(allowed.begin(), allowed.end(), [&](std::uint32_t number) {
    return std::any_of(cores.begin(), cores.end(),
                       [&](const CoreTicks& core) { return core.number == number; });
  });
  if (are_kernels) return cores;
  if (cores.size() != allowed.size() || cores.back().number + 1 != cores.size()) return {};
  for (std::size_t i = 0; i < cores.size(); ++i) cores[i].number = allowed[i];
  return cores;
}

void CoreMeter::sample(std::uint64_t now_ns) {
  if (!looks_.empty() && now_ns < looks_.back().time_ns + kPeriodNs) return;
  looks_.push_back(
      {now_ns, with_kernel_numbers(parse_proc_stat(read_proc_file(proc_stat_)), allowed_cores())});
  if (looks_.size() > kLooks) looks_.pop_front();
  if (looks_.size() < 2) return;

  cores_.clear();
  const std::vector<CoreTicks>& before = looks_.front().ticks;
  for (const CoreTicks& now : looks_.back().ticks) {
    const auto then = std::find_if(before.begin(), before.end(), [&](const CoreTicks& core) {
      return core.number == now.number;
    });
    double utilisation = 0;
    if (then != before.end() && now.all > then->all && now.busy > then->busy) {
      utilisation =
          static_cast<double>(now.busy - then->busy) / static_cast<double>(now.all - then->all);
    }
    cores_.push_back({now.number, std::min(utilisation, 1.0)});
  }
}

}  // namespace forkscope::live
