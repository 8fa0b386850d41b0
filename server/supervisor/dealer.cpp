#include "supervisor/dealer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace forkscope::supervisor {

using protection::Sent;
using telemetry::MoveReason;

namespace {

constexpr std::chrono::milliseconds kRetry{1};
/// A worker that was asked for connections has given those that it could.
constexpr std::chrono::milliseconds kBalanced{50};

}  // namespace

void Dealer::begin(const WorkerProcess& source, MoveReason reason, std::uint64_t now_ns) {
  complete(source);
  moves_.push_back({source, reason, now_ns, now_ns, 0, {}, false});
}

std::list<Dealer::Move>::iterator Dealer::move_of(const WorkerProcess& source) {
  const auto is_it = [&](const Move& move) { return move.source == source; };
  const auto latest = std::find_if(moves_.rbegin(), moves_.rend(), is_it);
  return latest == moves_.rend() ? moves_.end() : std::prev(latest.base());
}

void Dealer::add(const WorkerProcess& source, protection::Message connection,
                 std::uint64_t now_ns) {
  auto move = move_of(source);
  if (move == moves_.end()) {  // it is late
    begin(source, MoveReason::balance, now_ns);
    move = std::prev(moves_.end());
  }
  ++move->waiting;
  waiting_.push_back({std::move(connection), move});
}

void Dealer::complete(const WorkerProcess& source) {
  for (Move& move : moves_) {
    if (move.source == source) move.complete = true;
  }
  tell_of_completed();
}

void Dealer::begin_balance(const Receiver& worker, std::uint64_t now_ns) {
  begin(worker.worker, MoveReason::balance, now_ns);
  balanced_at_ = os::Deadline::after(now_ns, kBalanced);
}

void Dealer::deal(const std::vector<Receiver>& receivers, std::uint64_t now_ns) {
  retry_at_ = {};
  std::vector<Receiver> open = receivers;
  while (!waiting_.empty() && deal_one(waiting_.front(), open, now_ns)) waiting_.pop_front();
  if (balanced_at_.has_passed(now_ns)) {
    balanced_at_ = {};
    for (Move& move : moves_) move.complete = move.complete || move.reason == MoveReason::balance;
  }
  tell_of_completed();
}

/// False: nobody takes it now. Receivers without room are struck off.
bool Dealer::deal_one(Waiting& waiting, std::vector<Receiver>& receivers, std::uint64_t now_ns) {
  while (!receivers.empty()) {
    // Whoever gives gets its own back only where there is nobody else.
    const auto rank = [&](const Receiver& receiver) {
      return std::pair(receiver.worker == waiting.move->source, load_of(receiver));
    };
    const auto least =
        std::min_element(receivers.begin(), receivers.end(),
                         [&](const Receiver& a, const Receiver& b) { return rank(a) < rank(b); });
    const Sent sent = least->custody->deal(waiting.connection);
    if (sent == Sent::yes) {
      Move& move = *waiting.move;
      --move.waiting;
      ++move.dealt[least->worker.number];
      move.latest_ns = now_ns;
      ++moved_[static_cast<std::size_t>(move.reason) - 1];
      return true;
    }
    if (sent == Sent::not_now) retry_at_ = os::Deadline::after(now_ns, kRetry);
    receivers.erase(least);
  }
  return false;
}

std::uint64_t Dealer::load_of(const Receiver& receiver) const {
  return view_.counters(receiver.worker.number - 1).connections_open +
         receiver.custody->on_its_way();
}

void Dealer::say_unprotected(const WorkerProcess& worker, const std::string& why) {
  if (std::exchange(said_unprotected_, true)) return;
  events_.record(event_of(telemetry::EventKind::unprotected, worker), why);
}

void Dealer::tell_of_completed() {
  moves_.remove_if([this](const Move& move) {
    if (!move.complete || move.waiting > 0) return false;
    tell_of(move);
    return true;
  });
}

void Dealer::tell_of(const Move& move) {
  if (move.dealt.empty()) return;
  auto event = event_of(telemetry::EventKind::moved, move.source);
  event.since_ns = move.since_ns;
  event.duration_ns = move.latest_ns - move.since_ns;
  event.exit_cause = static_cast<std::uint32_t>(move.reason);
  std::string to;
  for (const auto& [number, count] : move.dealt) {
    event.exit_code += count;
    const std::string part =
        (to.empty() ? "" : " ") + std::to_string(number) + ':' + std::to_string(count);
    if (to.size() + part.size() <= telemetry::kEventTextBytes) to += part;
  }
  events_.record(event, to);
}

}  // namespace forkscope::supervisor
