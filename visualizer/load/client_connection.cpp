#include "load/client_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

namespace forkscope::load {

namespace {

constexpr std::uint64_t kFirstBackoffNs = 20'000'000;
constexpr std::uint64_t kMaxBackoffNs = 1'000'000'000;

}  // namespace

ClientConnection::Event ClientConnection::open(int epoll, std::uint64_t key,
                                               const net::TcpAddress& address,
                                               std::uint64_t now_ns) {
  assert(state_ == State::closed);
  socket_ = net::begin_connect(address);
  if (!socket_) return fail(Event::refused, now_ns);
  epoll_event interest{};
  interest.events = EPOLLOUT;
  interest.data.u64 = key;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, socket_.get(), &interest) != 0) {
    return fail(Event::refused, now_ns);
  }
  state_ = State::connecting;
  return Event::none;
}

ClientConnection::Event ClientConnection::send(std::string_view request, std::uint64_t now_ns) {
  assert(state_ == State::idle);
  const ssize_t sent = ::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL);
  state_ = State::waiting;
  if (sent != static_cast<ssize_t>(request.size())) return fail(Event::broken, now_ns);
  return Event::none;
}

ClientConnection::Event ClientConnection::on_ready(int epoll, std::uint64_t key,
                                                   std::uint64_t now_ns) {
  switch (state_) {
    case State::closed: return Event::none;
    case State::connecting: return finish_connect(epoll, key, now_ns);
    case State::idle:
    case State::waiting: return receive(now_ns);
  }
  return Event::none;
}

ClientConnection::Event ClientConnection::finish_connect(int epoll, std::uint64_t key,
                                                         std::uint64_t now_ns) {
  if (net::connect_error(socket_.get()) != 0) return fail(Event::refused, now_ns);
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u64 = key;
  if (::epoll_ctl(epoll, EPOLL_CTL_MOD, socket_.get(), &interest) != 0) {
    return fail(Event::refused, now_ns);
  }
  framer_ = ResponseFramer();
  state_ = State::idle;
  return Event::connected;
}

ClientConnection::Event ClientConnection::receive(std::uint64_t now_ns) {
  char buffer[16 * 1024];
  const ssize_t count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return Event::none;
  if (state_ == State::idle) {  // nothing was asked: an end, or bytes that belong to nothing
    if (count > 0) return fail(Event::nonsense, now_ns);
    close();
    retry_at_ns_ = now_ns;
    return Event::ended;
  }
  if (count <= 0) return fail(Event::broken, now_ns);
  std::string_view bytes(buffer, static_cast<std::size_t>(count));
  switch (framer_.take(bytes)) {
    case ResponseFramer::Result::incomplete: return Event::none;
    case ResponseFramer::Result::malformed: return fail(Event::nonsense, now_ns);
    case ResponseFramer::Result::complete: break;
  }
  if (!bytes.empty()) return fail(Event::nonsense, now_ns);
  backoff_ns_ = 0;
  if (framer_.keep_alive()) {
    state_ = State::idle;
  } else {
    close();
    retry_at_ns_ = now_ns;
  }
  return Event::answered;
}

ClientConnection::Event ClientConnection::fail(Event why, std::uint64_t now_ns) {
  close();
  backoff_ns_ = std::clamp(backoff_ns_ * 2, kFirstBackoffNs, kMaxBackoffNs);
  retry_at_ns_ = now_ns + backoff_ns_;
  return why;
}

void ClientConnection::close() {
  socket_.reset();
  state_ = State::closed;
}

}  // namespace forkscope::load
