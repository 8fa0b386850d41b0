#include "lessons/both_ways.h"

#include <algorithm>
#include <utility>

#include "forkscope/telemetry/event_text.h"
#include "words/format.h"

namespace forkscope::lessons {

using telemetry::Protection;

namespace {

constexpr std::uint64_t kWarmUpNs = 1'000'000'000;
constexpr std::uint64_t kAfterwardsNs = 1'000'000'000;
/// The primary does it at once, and its beat tells within a tenth of a second.
constexpr std::uint64_t kSwitchNs = 3'000'000'000;

constexpr std::size_t kNone = 0;
constexpr std::size_t kOne = 1;

/// Of the clients, if they are spread evenly.
std::uint64_t share_of(std::uint32_t workers) {
  return BothWays::kClients / std::clamp(workers, 1U, BothWays::kClients);
}

bool has_share_of_its_own(std::uint32_t workers) {
  return share_of(workers) > 1 && share_of(workers) < BothWays::kClients;
}

std::string on_or_off(Protection protection) { return protection == Protection::on ? "on" : "off"; }

std::string of_all(std::uint64_t count) {
  return words::grouped(count) + " of " + std::to_string(BothWays::kClients);
}

}  // namespace

std::string BothWays::question(const picture::Snapshot& now, const std::string& harm) {
  const std::string clients = std::to_string(kClients);
  const std::string ask = "ow many of the " + clients + " lose theirs";
  return clients + " clients keep a connection each. " + harm +
         (now.server.protection == Protection::unknown
              ? " This server knows no protection. H" + ask + "?"
              : " With protection on, h" + ask + "? Then the same with it off.");
}

Choices BothWays::choices(const picture::Snapshot& now) {
  const std::uint32_t workers = count_workers(now);
  Choices choices{"None", "One"};
  if (has_share_of_its_own(workers)) {
    choices.push_back("About " + std::to_string(share_of(workers)) + ": those of its worker");
  }
  choices.push_back("All " + std::to_string(kClients));
  return choices;
}

Actions BothWays::begin(const Situation& situation) {
  const picture::ServerInfo& server = situation.now.server;
  // What was put back just now is not in the picture yet.
  const bool is_settled = situation.time_ns() - put_back_ns_ > kSwitchNs;
  if (is_settled || server.instance_id != instance_) before_ = server.protection;
  instance_ = server.instance_id;
  workers_ = count_workers(situation.now);
  planned_ = {Protection::on, Protection::off};
  if (before_ == Protection::unknown) planned_ = {Protection::unknown};
  current_ = 0;
  rounds_.clear();
  seen_ = false;
  Actions actions;
  start_round(situation, actions);
  return actions;
}

/// False: there is none left.
bool BothWays::start_round(const Situation& situation, Actions& actions) {
  if (current_ == planned_.size()) return false;
  if (planned_[current_] != Protection::unknown) {
    switched_ = true;
    actions.push_back(protect(planned_[current_] == Protection::on));
  }
  // The same clients go on: while 64 connections end, as many new ones are not dealt evenly.
  if (current_ == 0) {
    actions.push_back({.kind = ActionKind::start_load,
                       .requests_per_second = harm_.requests_per_second,
                       .connections = kClients});
  }
  began_ns_ = situation.time_ns();
  answered_before_ = current_ == 0 ? 0 : situation.load.answered;
  fired_ns_.reset();
  over_ns_.reset();
  longest_wait_ns_ = 0;
  return true;
}

bool BothWays::is_switched(const Situation& situation) const {
  return situation.now.server.protection == planned_[current_];
}

/// Every client has a connection, and has had an answer.
bool BothWays::is_ready(const Situation& situation) const {
  return is_switched(situation) && situation.time_ns() - began_ns_ >= kWarmUpNs &&
         situation.load.answered >= answered_before_ + kClients &&
         count_serving(situation.now) == count_workers(situation.now);
}

bool BothWays::watch(const Situation& situation, Actions& actions) {
  const std::uint64_t now_ns = situation.time_ns();
  if (!fired_ns_) {
    if (is_ready(situation)) fire(situation, actions);
    if (is_switched(situation) || now_ns - began_ns_ < kSwitchNs) return false;
    ++current_;
    return !start_round(situation, actions);
  }
  look(situation);
  if (!over_ns_ || now_ns - *over_ns_ < kAfterwardsNs) return false;
  rounds_.push_back({planned_[current_], *incident(situation), lost(situation),
                     situation.load.broken - broken_before_, longest_wait_ns_});
  ++current_;
  return !start_round(situation, actions);
}

void BothWays::fire(const Situation& situation, Actions& actions) {
  fired_ns_ = situation.time_ns();
  lost_before_ = situation.load.broken + situation.load.ended;
  broken_before_ = situation.load.broken;
  actions.push_back({.kind = ActionKind::request, .target = harm_.target});
}

void BothWays::look(const Situation& situation) {
  longest_wait_ns_ =
      std::max({longest_wait_ns_, situation.load.oldest_wait_ns, situation.load.max_ns});
  const auto seen = incident(situation);
  seen_ = seen_ || seen;
  const bool all_serve = count_serving(situation.now) == count_workers(situation.now);
  if (!over_ns_ && seen && !seen->open() && all_serve) over_ns_ = situation.time_ns();
}

std::optional<history::Incident> BothWays::incident(const Situation& situation) const {
  for (const history::Incident& incident : incidents_since(situation, *fired_ns_)) {
    if (incident.kind == harm_.kind) return incident;
  }
  return std::nullopt;
}

std::uint64_t BothWays::lost(const Situation& situation) const {
  return situation.load.broken + situation.load.ended - lost_before_;
}

Actions BothWays::put_back(const Situation& situation) {
  if (!std::exchange(switched_, false)) return {};
  if (situation.now.server.instance_id != instance_) return {};
  put_back_ns_ = situation.time_ns();
  return {protect(before_ == Protection::on)};
}

std::string BothWays::progress(const Situation& situation) const {
  std::string round;
  if (planned_.size() > 1) {
    round = std::to_string(current_ + 1) + " of " + std::to_string(planned_.size()) +
            ", protection " + on_or_off(planned_[current_]) + ": ";
  }
  if (!fired_ns_) return round + std::to_string(kClients) + " clients connect.";
  const auto seen = incident(situation);
  std::string worker = "somebody else has sent it";
  if (seen) {
    worker = "worker " + std::to_string(seen->worker);
    worker += !seen->open() ? " is back"
              : seen->is_dead()
                  ? " is dead"
                  : " hangs for " + words::counting_seconds(situation.time_ns() - seen->start_ns());
  }
  return round + worker + ". " + of_all(lost(situation)) + " clients lost their connection.";
}

const BothWays::Round* BothWays::round(Protection protection) const {
  const auto found = std::find_if(rounds_.begin(), rounds_.end(), [protection](const Round& round) {
    return round.protection == protection;
  });
  return found == rounds_.end() ? nullptr : &*found;
}

std::string BothWays::measured() const {
  std::string told;
  std::string counted;  // by the server
  for (const Protection protection : planned_) {
    if (protection == Protection::unknown) told += "This server knows no protection: ";
    if (protection == Protection::on) told += "Protection on: ";
    if (protection == Protection::off) told += " Off: ";
    const Round* measured = round(protection);
    if (!measured) {
      told += "not measured.";
      continue;
    }
    const bool first = counted.empty();
    told += of_all(measured->lost) + (first ? " clients lost their connection" : "");
    if (harm_.kind == history::IncidentKind::hang) {
      told += (first ? ", the longest wait was " : ", ") +
              telemetry::duration_text(measured->longest_wait_ns);
    } else if (measured->lost > 0) {
      told += ", " + words::grouped(measured->broken) + " while they waited";
    }
    told += '.';
    counted += (first ? "" : " and ") + words::grouped(measured->incident.abandoned);
  }
  const std::uint64_t last = rounds_.empty() ? 0 : rounds_.back().incident.abandoned;
  const std::uint64_t count = rounds_.size() == 1 ? last : 2;  // "1 and 1 requests"
  return told + " The server counts " + counted + ' ' + words::plural(count, "request") + " lost.";
}

std::string BothWays::because() const {
  const Round* with = round(Protection::on);
  const Round* without = round(Protection::off);
  if (!with) {
    const bool any = std::any_of(rounds_.begin(), rounds_.end(),
                                 [](const Round& round) { return round.lost > 0; });
    return any ? "A connection ends with the process that holds it."
               : "No other client was connected to that worker.";
  }
  if (with->lost > 0) {
    return "What nobody can carry on without doing something twice breaks.";
  }
  if (with->incident.moved == 0) return "No other client was connected to that worker.";
  return "Its " + words::counted(with->incident.moved, "other connection") +
         " went on elsewhere: a second process has them open, too." +
         (without && without->lost > 0 ? " Without it they end." : "");
}

std::optional<std::size_t> BothWays::right() const {
  if (rounds_.empty() || rounds_.front().protection != planned_.front()) return std::nullopt;
  const std::uint64_t lost = rounds_.front().lost;
  const std::uint64_t share = share_of(workers_);
  const bool has_share = has_share_of_its_own(workers_);
  if (lost == 0) return kNone;
  if (lost == 1) return kOne;
  if (lost >= kClients) return has_share ? 3 : 2;
  // A share is even as far as connections are dealt evenly.
  const bool is_share = has_share && lost >= share / 2 && lost <= 2 * share;
  return is_share ? std::optional<std::size_t>(2) : std::nullopt;
}

}  // namespace forkscope::lessons
