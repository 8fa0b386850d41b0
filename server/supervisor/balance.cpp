#include "supervisor/balance.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace forkscope::supervisor {

namespace {

/// A newcomer is given time to accept what is in the queue for it.
constexpr std::chrono::milliseconds kFirst{20};
constexpr std::chrono::milliseconds kNext{100};
constexpr std::chrono::milliseconds kAtLeast{1500};
/// Whoever is busy all the time has nothing to give in between.
constexpr std::chrono::seconds kAtMost{10};
/// A worker with so few has light traffic, which stays on few workers.
constexpr std::uint64_t kLight = 2;
/// Below this nobody notices who has more.
constexpr std::uint64_t kWorthIt = 2;

}  // namespace

void Balance::joined(std::uint64_t now_ns) {
  was_even_ = true;
  due_ = os::Deadline::after(now_ns, kFirst);
  ends_ = os::Deadline::after(now_ns, kAtLeast);
  gives_up_ = os::Deadline::after(now_ns, kAtMost);
}

void Balance::even_out(const std::vector<Dealer::Receiver>& workers, Dealer& dealer,
                       std::uint64_t now_ns) {
  if (!due_.has_passed(now_ns)) return;
  due_ = os::Deadline::after(now_ns, kNext);
  if (gives_up_.has_passed(now_ns) || workers.size() < 2) due_ = {};
  if (!due_.is_set() || dealer.has_connections()) return;
  std::vector<std::uint64_t> loads;
  std::uint64_t total = 0;
  for (const Dealer::Receiver& worker : workers)
    total += loads.emplace_back(dealer.load_of(worker));
  const auto least = *std::min_element(loads.begin(), loads.end());
  const bool is_even = least + kWorthIt > total / workers.size();
  // Many that have come at once are about to be shared out by the workers themselves.
  const bool was_even = std::exchange(was_even_, is_even);
  if (is_even || was_even) {
    if (is_even && ends_.has_passed(now_ns)) due_ = {};
    return;
  }
  const std::uint64_t fair = (total + workers.size() - 1) / workers.size();
  const std::uint64_t keeps = std::max(fair, kLight);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (loads[i] <= keeps) continue;
    dealer.begin_balance(workers[i], now_ns);
    workers[i].custody->ask_for(static_cast<std::uint32_t>(loads[i] - keeps));
  }
}

}  // namespace forkscope::supervisor
