#include "gateway/connection_table.h"

#include <cassert>
#include <utility>

namespace forkscope::gateway {

using State = Connection::State;

Connection& ConnectionTable::add(Accepted accepted) {
  Connection& connection = put(std::move(accepted));
  slot_.accepted();
  return connection;
}

Connection& ConnectionTable::adopt(Accepted accepted, const protection::Entry& entry) {
  Connection& connection = put(std::move(accepted));
  connection.line().adopt(entry);
  connection.share_socket();
  return connection;
}

Connection& ConnectionTable::put(Accepted accepted) {
  const auto index = static_cast<std::size_t>(accepted.fd.get());
  if (index >= by_descriptor_.size()) by_descriptor_.resize(index + 1);
  assert(!by_descriptor_[index]);  // whoever is buried later still has its descriptor
  const auto trust = proxies_.contains(accepted.peer) ? http::RequestFramer::Peer::trusted_proxy
                                                      : http::RequestFramer::Peer::client;
  const protection::Line line(ledger_, accepted.fd.get());
  by_descriptor_[index] = std::make_unique<Connection>(std::move(accepted.fd), accepted.peer,
                                                       ++accepted_, limits_, trust, line);
  by_descriptor_[index]->came(turnover_.came());
  new_.push_back(by_descriptor_[index].get());
  ++living_;
  count_open(open_ + 1);
  return *by_descriptor_[index];
}

void ConnectionTable::watch() {
  std::erase_if(new_, [this](Connection* connection) {
    if (connection->state() == State::closed) return true;
    const auto token = kFirstToken + static_cast<std::uint64_t>(connection->fd());
    if (epoll_.try_add(connection->fd(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, token)) {
      connection->watched();
      return true;
    }
    const State state = connection->state();  // until it is answered, it is the scheduler's
    if (state == State::runnable || state == State::parked || state == State::uncommitted) {
      return false;
    }
    close(*connection);
    return true;
  });
}

void ConnectionTable::linger(Connection& connection) {
  connection.move_to(State::lingering);
  turnover_.went(connection.came_in());
  connection.line().linger();
  count_open(open_ - 1);
}

void ConnectionTable::close(Connection& connection) {
  if (connection.state() == State::closed) return;
  connection.end_shared_socket();
  take_out(connection);
  connection.move_to(State::closed);
}

void ConnectionTable::abandon_all() {
  for_each([this](Connection& connection) {
    connection.end_shared_socket();
    take_out(connection);
    connection.abandon();
  });
}

/// What the kernel still says of its socket would be said to us, until the last copy is closed.
void ConnectionTable::part_with(Connection& connection) {
  if (connection.is_watched()) epoll_.remove(connection.fd());
  take_out(connection);
  connection.abandon();
}

void ConnectionTable::take_out(Connection& connection) {
  if (connection.state() != State::lingering) {
    turnover_.went(connection.came_in());
    count_open(open_ - 1);
  }
  put_off(connection, os::Deadline::never());
  --living_;
  connection.line().close();
  closed_.push_back(&connection);
}

void ConnectionTable::wait_for(Connection& connection, std::chrono::nanoseconds limit,
                               std::uint64_t now_ns) {
  connection.wait(now_ns, os::Deadline::after(now_ns, limit));
  next_deadline_ = earlier(next_deadline_, connection.deadline());
}

void ConnectionTable::put_off(Connection& connection, os::Deadline due) {
  connection.wait(connection.waits_since_ns(), due);
  next_deadline_ = earlier(next_deadline_, due);
}

void ConnectionTable::bury() {
  forget_closed(new_);
  for (const Connection* connection : closed_) {
    by_descriptor_[static_cast<std::size_t>(connection->fd())].reset();
  }
  closed_.clear();
  if (empty()) next_deadline_ = {};  // nobody is left to wake up for
}

void ConnectionTable::count_open(std::size_t count) {
  open_ = count;
  slot_.connections_open(open_);
}

}  // namespace forkscope::gateway
