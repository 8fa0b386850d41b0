#include "protection/custody.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <system_error>
#include <tuple>
#include <utility>

#include "protection/crash_report.h"
#include "protection/keeper.h"

namespace forkscope::protection {

namespace {

/// Ours, which does not block, and the child's.
std::pair<os::UniqueFd, os::UniqueFd> socket_pair() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  ::fcntl(pair[0], F_SETFL, O_NONBLOCK);
  return {os::UniqueFd(pair[0]), os::UniqueFd(pair[1])};
}

}  // namespace

Custody::Custody(std::uint32_t capacity) : ledger_(capacity) {
  std::tie(keeper_, keeper_child_) = socket_pair();
  std::tie(worker_, worker_child_) = socket_pair();
  ::fcntl(worker_child_.get(), F_SETFL, O_NONBLOCK);
}

Inheritance Custody::in_child(pid_t primary, unsigned number) const {
  start_keeper(ledger_, keeper_child_.get(), primary, number);
  report_crashes(worker_child_.get());
  return {ledger_, worker_child_.get()};
}

void Custody::forked() {
  keeper_child_.reset();
  worker_child_.reset();
  ledger_.keep_from_children();
}

pid_t Custody::keeper() const {
  if (keeper_pid_ == 0) keeper_pid_ = std::max(static_cast<pid_t>(ledger_.keeper()), 0);
  return keeper_gone_ ? 0 : keeper_pid_;
}

void Custody::hand_over(Condition worker, bool may_move) {
  assert(keeper() != 0 && !is_asked(worker));
  asked_ = worker;
  send_message(keeper_.get(), MessageKind::hand_over, static_cast<std::uint32_t>(worker),
               may_move ? 1 : 0);
}

std::optional<Custody::Heard> Custody::hear() {
  for (const int socket : {worker_.get(), keeper_.get()}) {
    auto message = receive_message(socket);
    if (!message) continue;
    Heard heard;
    switch (static_cast<MessageKind>(message->head.kind)) {
      case MessageKind::done:
        heard.done = done(message->head);
        if (is_asked(Condition::frozen)) asked_.reset();  // it may hang again
        break;
      case MessageKind::crashed: heard.crashed = true; break;
      case MessageKind::parcel:
        if (const auto parcel = parcel_of(*message)) {
          forget_adopted(parcel->entry.parcel);
          const std::uint32_t giving = parcel->entry.giving;
          if (socket == worker_.get()) given_ = giving;
          if (socket == worker_.get() || !is_given(giving)) heard.connection = std::move(message);
        } else {
          heard.spoilt = true;
        }
        break;
      default: break;
    }
    return heard;
  }
  return std::nullopt;
}

/// Its worker has died right behind giving it away, and was heard before its keeper.
bool Custody::is_given(std::uint32_t giving) const { return giving != 0 && giving == given_; }

/// What is given is not lost: somebody else may have gone on with it already.
Custody::Done Custody::done(const MessageHead& head) const {
  const auto giving = static_cast<std::uint32_t>(head.detail >> 32);
  const bool is_one_too_many = head.count > 0 && is_given(giving);
  return {static_cast<Condition>(head.detail & UINT32_MAX), head.count - (is_one_too_many ? 1 : 0)};
}

Sent Custody::deal(Message& message) {
  number_parcel(message, dealt_ + 1);
  const Sent sent = send_parcel(worker_.get(), message.connection.get(),
                                {message.body.data(), message.body.size()});
  if (sent == Sent::yes) copies_.push_back({++dealt_, std::move(message)});
  return sent;
}

std::size_t Custody::on_its_way() {
  forget_adopted(ledger_.adopted());
  return copies_.size();
}

std::deque<Message> Custody::take_back() {
  ledger_.revoke(dealt_);
  forget_adopted(ledger_.adopted());
  std::deque<Message> messages;
  for (Copy& copy : copies_) messages.push_back(std::move(copy.message));
  copies_.clear();
  return messages;
}

/// They are adopted in the order in which they were dealt.
void Custody::forget_adopted(std::uint64_t number) {
  while (!copies_.empty() && copies_.front().number <= number) copies_.pop_front();
}

}  // namespace forkscope::protection
