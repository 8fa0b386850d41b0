#include "gateway/connection_table.h"

#include <algorithm>
#include <utility>

namespace forkscope::gateway {

using State = Connection::State;

Connection& ConnectionTable::add(Accepted accepted) {
  const auto index = static_cast<std::size_t>(accepted.fd.get());
  if (index >= by_descriptor_.size()) by_descriptor_.resize(index + 1);
  const auto trust = proxies_.contains(accepted.peer) ? http::RequestFramer::Peer::trusted_proxy
                                                      : http::RequestFramer::Peer::client;
  by_descriptor_[index] = std::make_unique<Connection>(std::move(accepted.fd), accepted.peer,
                                                       ++accepted_, limits_, trust);
  slot_.accepted();
  ++living_;
  count_open(open_ + 1);
  return *by_descriptor_[index];
}

void ConnectionTable::linger(Connection& connection) {
  connection.state = State::lingering;
  count_open(open_ - 1);
}

void ConnectionTable::close(Connection& connection) {
  if (connection.state == State::closed) return;
  if (connection.state != State::lingering) count_open(open_ - 1);
  connection.state = State::closed;
  connection.deadline_ns = 0;
  --living_;
  closed_.push_back(&connection);
}

void ConnectionTable::set_deadline(Connection& connection, std::uint64_t due_ns) {
  connection.deadline_ns = due_ns;
  next_deadline_ns_ = next_deadline_ns_ == 0 ? due_ns : std::min(next_deadline_ns_, due_ns);
}

void ConnectionTable::bury() {
  for (const Connection* connection : closed_) {
    by_descriptor_[static_cast<std::size_t>(connection->fd())].reset();
  }
  closed_.clear();
  if (empty()) next_deadline_ns_ = 0;  // nobody is left to wake up for
}

void ConnectionTable::count_open(std::size_t count) {
  open_ = count;
  slot_.connections_open(open_);
}

}  // namespace forkscope::gateway
