#include "comparison/comparison.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "forkscope/telemetry/names.h"
#include "history/fairness.h"
#include "words/faults.h"
#include "words/lacks.h"

namespace forkscope::comparison {

using lessons::Action;
using lessons::ActionKind;
using lessons::Actions;
using lessons::Situation;
using telemetry::BalancePolicy;

namespace {

constexpr std::array kWays{BalancePolicy::least,       BalancePolicy::round_robin,
                           BalancePolicy::two_choices, BalancePolicy::kernel,
                           BalancePolicy::hash,        BalancePolicy::random};

constexpr std::uint64_t kSettleNs = 500'000'000;
/// The primary does it at once, and its beat tells within a tenth of a second.
constexpr std::uint64_t kSwitchNs = 3'000'000'000;
constexpr std::uint64_t kEvenNs = 2'500'000'000;
constexpr std::uint64_t kUnevenNs = 2'500'000'000;
constexpr std::uint64_t kAfterwardsNs = 500'000'000;
constexpr std::uint64_t kHangPatienceNs = 30'000'000'000;

Action load_of(double long_share) {
  return {.kind = ActionKind::start_load,
          .requests_per_second = Comparison::kRate,
          .connections = Comparison::kClients,
          .fresh = true,
          .long_share = long_share};
}

/// The hang that was fired at `since_ns` or later; null: none has been seen.
std::optional<history::Incident> hang_since(const Situation& situation, std::uint64_t since_ns) {
  for (const history::Incident& incident : lessons::incidents_since(situation, since_ns)) {
    if (incident.kind == history::IncidentKind::hang) return incident;
  }
  return std::nullopt;
}

bool all_serve(const Situation& situation) {
  return lessons::count_serving(situation.now) == lessons::count_workers(situation.now);
}

}  // namespace

double Row::fairness() const {
  const std::vector<double> counts(by_worker.begin(), by_worker.end());
  return history::fairness(counts);
}

std::string Comparison::obstacle(const Situation& situation) {
  if (situation.now.attachment != picture::Attachment::live)
    return "There is no server to compare.";
  if (situation.now.server.balance == BalancePolicy::unknown) {
    return words::kOneWay;
  }
  if (!situation.now.server.faults_enabled) return words::kFaultsAreOff;
  if (situation.offer.faults == picture::Has::no) return words::no_faults("");
  return situation.why_no_load;
}

BalancePolicy Comparison::policy() const {
  assert(current_ < kWays.size());
  return kWays[current_];
}

Actions Comparison::begin(const Situation& situation) {
  assert(obstacle(situation).empty() && !is_running());
  rows_.clear();
  instance_ = situation.now.server.instance_id;
  workers_ = lessons::count_workers(situation.now);
  before_ = situation.now.server.balance;
  current_ = 0;
  Actions actions;
  begin_round(situation, actions);
  return actions;
}

void Comparison::begin_round(const Situation& situation, Actions& actions) {
  row_ = Row{.balance = policy()};
  row_.by_worker.resize(workers_);
  actions.push_back({.kind = ActionKind::stop_load});
  actions.push_back({.kind = ActionKind::balance, .balance = policy()});
  go_to(Step::switching, situation, actions);
}

void Comparison::next_round(const Situation& situation, Actions& actions) {
  if (++current_ < kWays.size()) return begin_round(situation, actions);
  for (Action& action : stop(situation)) actions.push_back(std::move(action));
}

void Comparison::go_to(Step step, const Situation& situation, Actions& actions) {
  step_ = step;
  since_ns_ = situation.time_ns();
  switch (step) {
    case Step::none:
    case Step::switching: break;
    case Step::even:
      cpu_before_ns_ = situation.cpu_ns();
      actions.push_back(load_of(0));
      break;
    case Step::uneven: actions.push_back(load_of(kLongShare)); break;
    case Step::hang:
      actions.push_back(load_of(kLongShare));
      actions.push_back({.kind = ActionKind::request, .target = words::hang_target(0)});
      break;
  }
}

bool Comparison::is_ready(const Situation& situation) const {
  return situation.now.server.balance == policy() && all_serve(situation) &&
         situation.time_ns() - since_ns_ >= kSettleNs;
}

Actions Comparison::watch(const Situation& situation) {
  if (!is_running()) return {};
  const bool same = situation.now.attachment == picture::Attachment::live &&
                    situation.now.server.instance_id == instance_;
  if (!same) return stop(situation);
  Actions actions;
  if (step_ == Step::switching) {
    if (is_ready(situation)) {
      go_to(Step::even, situation, actions);
    } else if (situation.now.server.balance != policy() &&
               situation.time_ns() - since_ns_ > kSwitchNs) {
      next_round(situation, actions);  // it is not to be had here
    }
    return actions;
  }
  if (!is_over(situation)) return {};
  end_step(situation);
  switch (step_) {
    case Step::even: go_to(Step::uneven, situation, actions); break;
    case Step::uneven: go_to(Step::hang, situation, actions); break;
    case Step::hang:
      rows_.push_back(row_);
      next_round(situation, actions);
      break;
    case Step::none:
    case Step::switching: break;
  }
  return actions;
}

bool Comparison::is_over(const Situation& situation) const {
  const std::uint64_t age_ns = situation.time_ns() - since_ns_;
  if (step_ == Step::even) return age_ns >= kEvenNs;
  if (step_ == Step::uneven) return age_ns >= kUnevenNs;
  if (age_ns > kHangPatienceNs) return true;
  const auto hang = hang_since(situation, since_ns_);
  return hang && !hang->open() && all_serve(situation) &&
         situation.time_ns() - hang->back_ns >= kAfterwardsNs;
}

/// Takes what the clients have seen in it.
void Comparison::end_step(const Situation& situation) {
  const load::LoadStatus& load = situation.load;
  row_.broken += load.broken;
  if (step_ == Step::hang) {
    row_.longest_wait_ns = load.whole.longest_ns;
    const auto hang = hang_since(situation, since_ns_);
    if (hang && !hang->open()) row_.hang_ns = hang->back_ns - hang->start_ns();
    return;
  }
  for (std::size_t number = 1; number < load.whole.by_worker.size(); ++number) {
    if (number <= row_.by_worker.size()) row_.by_worker[number - 1] += load.whole.by_worker[number];
  }
  if (step_ == Step::uneven) {
    row_.uneven_p99_ns = load.whole.p99_ns;
    return;
  }
  row_.even_p50_ns = load.whole.p50_ns;
  row_.even_p99_ns = load.whole.p99_ns;
  const auto cpu_ns = situation.cpu_ns();
  if (cpu_before_ns_ && cpu_ns && load.answered > 0) {
    row_.cpu_ns = (*cpu_ns - std::min(*cpu_before_ns_, *cpu_ns)) / load.answered;
  }
}

Actions Comparison::stop(const Situation& situation) {
  Actions actions;
  if (!is_running()) return actions;
  step_ = Step::none;
  actions.push_back({.kind = ActionKind::stop_load});
  if (situation.now.server.instance_id == instance_) {
    actions.push_back({.kind = ActionKind::balance, .balance = before_});
  }
  return actions;
}

std::string Comparison::progress() const {
  if (!is_running()) return {};
  std::string text = std::to_string(current_ + 1) + " of " + std::to_string(kWays.size()) + ", " +
                     std::string(telemetry::to_string(policy())) + ": ";
  switch (step_) {
    case Step::none: break;
    case Step::switching: return text + "switching";
    case Step::even: return text + "even load";
    case Step::uneven: return text + "uneven load";
    case Step::hang: return text + "one worker hangs";
  }
  return text;
}

}  // namespace forkscope::comparison
