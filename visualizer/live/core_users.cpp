#include "live/core_users.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "forkscope/telemetry/names.h"
#include "live/proc_file.h"

namespace forkscope::live {

namespace {

constexpr std::uint64_t kPeriodNs = 100'000'000;
constexpr std::uint64_t kWindowNs = 500'000'000;
constexpr std::size_t kManyWorkers = 64;  // more are looked at once per window
constexpr std::uint64_t kAllPeriodNs = 1'000'000'000;
constexpr double kWorthNaming = 0.05;  // of a core
constexpr std::size_t kMostPrograms = 3;

std::uint64_t grown(const ProcessTicks& now, const ProcessTicks& then) {
  const bool same = now.start == then.start;
  return same && now.ticks > then.ticks ? now.ticks - then.ticks : 0;
}

}  // namespace

std::optional<ProcessTicks> parse_process(std::string_view text) {
  // The name is in parentheses, and may have some itself.
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  ProcessTicks process;
  process.name = telemetry::printable(text.substr(open + 1, close - open - 1));
  // Fields are counted as in proc(5); the third one, the state, follows the name.
  enum Field { state = 3, ppid = 4, utime = 14, stime = 15, starttime = 22, processor = 39 };
  std::array<std::uint64_t, processor + 1> fields{};
  std::string_view rest = text.substr(close + 1);
  for (int field = state; field <= processor; ++field) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (rest.empty()) return {};
    const std::size_t length = std::min(rest.find_first_of(" \n"), rest.size());
    std::from_chars(rest.data(), rest.data() + length, fields[static_cast<std::size_t>(field)]);
    rest.remove_prefix(length);
  }
  process.parent = static_cast<std::uint32_t>(fields[ppid]);
  process.ticks = fields[utime] + fields[stime];
  process.start = fields[starttime];
  process.core = static_cast<std::uint32_t>(fields[processor]);
  return process;
}

CoreUsers::CoreUsers(std::string proc)
    : proc_(std::move(proc)), ticks_per_second_(static_cast<double>(::sysconf(_SC_CLK_TCK))) {}

std::optional<ProcessTicks> CoreUsers::read(const std::string& pid) const {
  return parse_process(read_proc_file(proc_ + '/' + pid + "/stat"));
}

void CoreUsers::sample(std::uint64_t now_ns, std::uint32_t primary,
                       std::span<const std::uint32_t> workers, Worker kind) {
  const std::uint64_t period_ns = workers.size() > kManyWorkers ? kWindowNs : kPeriodNs;
  if (looks_.empty() || now_ns >= looks_.back().time_ns + period_ns) {
    look_at_workers(now_ns, primary, workers);
  }
  if (all_ns_ == 0 || now_ns >= all_ns_ + kAllPeriodNs) look_at_all(now_ns, primary, kind);
}

void CoreUsers::look_at_workers(std::uint64_t now_ns, std::uint32_t primary,
                                std::span<const std::uint32_t> workers) {
  Look look{now_ns, {}};
  Processes now;
  for (const std::uint32_t pid : workers) {
    const auto process = read(std::to_string(pid));
    if (!process || process->parent != primary) continue;
    const auto then = workers_.find(pid);
    if (then != workers_.end()) look.ticks[process->core] += grown(*process, then->second);
    now.emplace(pid, *process);
  }
  workers_ = std::move(now);
  look_at_trees(look);
  looks_.push_back(std::move(look));
  while (looks_.size() > 2 && looks_[1].time_ns + kWindowNs <= now_ns) looks_.pop_front();
}

void CoreUsers::look_at_trees(Look& look) {
  Processes now;
  std::map<std::uint32_t, std::uint64_t> most;  // by worker
  for (const auto& [pid, worker] : below_) {
    const auto process = read(std::to_string(pid));
    if (!process || !workers_.contains(worker)) continue;
    const auto then = descendants_.find(pid);
    const std::uint64_t ticks = then != descendants_.end() ? grown(*process, then->second) : 0;
    look.ticks[process->core] += ticks;
    if (ticks > most[worker] || !tree_core_.contains(worker)) tree_core_[worker] = process->core;
    most[worker] = std::max(most[worker], ticks);
    now.emplace(pid, *process);
  }
  descendants_ = std::move(now);
  std::erase_if(tree_core_, [&](const auto& entry) { return !workers_.contains(entry.first); });
}

std::optional<std::uint32_t> CoreUsers::core_of(std::uint32_t worker) const {
  const auto found = tree_core_.find(worker);
  if (found == tree_core_.end()) return std::nullopt;
  return found->second;
}

std::optional<double> CoreUsers::own(std::uint32_t core) const {
  if (workers_.empty() || looks_.size() < 2) return std::nullopt;
  std::uint64_t ticks = 0;
  for (auto look = std::next(looks_.begin()); look != looks_.end(); ++look) {
    const auto found = look->ticks.find(core);
    if (found != look->ticks.end()) ticks += found->second;
  }
  const auto ns = static_cast<double>(looks_.back().time_ns - looks_.front().time_ns);
  return std::min(1.0, static_cast<double>(ticks) / ticks_per_second_ * 1e9 / ns);
}

/// Whose descendant each process is, of those that are a worker's.
std::map<std::uint32_t, std::uint32_t> CoreUsers::trees_of(const Processes& everybody) const {
  std::map<std::uint32_t, std::uint32_t> trees;
  for (const auto& [pid, process] : everybody) {
    std::uint32_t above = process.parent;
    auto found = everybody.find(above);
    // Of a picture that was not taken at once, no circle may be walked for ever.
    for (std::size_t steps = 0;
         steps < everybody.size() && !workers_.contains(above) && found != everybody.end();
         ++steps, found = everybody.find(above)) {
      above = found->second.parent;
    }
    if (workers_.contains(above)) trees.emplace(pid, above);
  }
  return trees;
}

/// Keepers are children of their workers, which are children of the primary.
void CoreUsers::look_at_all(std::uint64_t now_ns, std::uint32_t primary, Worker kind) {
  Processes now;
  std::error_code ended;  // processes come and go meanwhile
  for (std::filesystem::directory_iterator entry(proc_, ended), end; !ended && entry != end;
       entry.increment(ended)) {
    const std::string name = entry->path().filename().string();
    std::uint32_t pid = 0;
    const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || rest != name.data() + name.size()) continue;
    const auto process = read(name);
    if (process) now.emplace(pid, *process);
  }
  if (kind == Worker::tree) below_ = trees_of(now);
  std::erase_if(now, [&](const auto& entry) {
    const auto& [pid, process] = entry;
    return pid == primary || process.parent == primary || workers_.contains(process.parent) ||
           below_.contains(pid);
  });

  std::map<std::string, double> programs;  // several processes may be of one
  const double seconds = static_cast<double>(now_ns - all_ns_) / 1e9;
  for (const auto& [pid, process] : now) {
    const auto then = all_.find(pid);
    if (then == all_.end()) continue;
    const bool self = pid == static_cast<std::uint32_t>(::getpid());
    programs[self ? "this viewer" : process.name] +=
        static_cast<double>(grown(process, then->second)) / ticks_per_second_ / seconds;
  }
  others_.clear();
  for (const auto& [name, cores] : programs) {
    if (cores >= kWorthNaming) others_.push_back({name, cores});
  }
  std::sort(others_.begin(), others_.end(),
            [](const picture::Program& left, const picture::Program& right) {
              return left.cores > right.cores;
            });
  others_.resize(std::min(others_.size(), kMostPrograms));
  all_ = std::move(now);
  all_ns_ = now_ns;
}

}  // namespace forkscope::live
