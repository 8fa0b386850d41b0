#include "gateway/connection.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace forkscope::gateway {

using Phase = http::RequestFramer::Phase;

namespace {

constexpr std::size_t kKeptOutputBytes = 64 * 1024;  // a longer response gives its memory back

}  // namespace

Connection::Connection(os::UniqueFd fd, const sockaddr_storage& peer, std::uint64_t id,
                       const http::Limits& limits, http::RequestFramer::Peer trust,
                       protection::Line line)
    : fd_(std::move(fd)), id_(id), framer_(limits, trust), line_(line) {
  std::memcpy(&peer_, &peer, sizeof peer_);
}

std::string Connection::peer_address() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (peer_.sin6_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &peer_.sin6_addr, text, sizeof text);
  } else {
    const auto& address = reinterpret_cast<const sockaddr_in&>(peer_);
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  }
  return text;
}

void Connection::note(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) is_writable_ = true;
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) is_readable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) end_announced_ = true;
}

void Connection::ask_kernel() {
  static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLRDHUP == EPOLLRDHUP &&
                POLLERR == EPOLLERR && POLLHUP == EPOLLHUP);
  pollfd entry{.fd = fd(), .events = POLLIN | POLLOUT | POLLRDHUP, .revents = 0};
  if (::poll(&entry, 1, 0) > 0) note(static_cast<std::uint32_t>(entry.revents));
}

Connection::Received Connection::receive(std::span<char> buffer, std::uint64_t& bytes_received) {
  const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (count < 0) {
    if (errno == EINTR) return Received::nothing;
    is_readable_ = false;
    return errno == EAGAIN ? Received::nothing : Received::broken;
  }
  if (count == 0) {
    is_readable_ = false;
    peer_has_ended_ = true;
    return Received::end;
  }
  const auto size = static_cast<std::size_t>(count);
  bytes_received += size;
  // Less than asked for: the kernel has no more, and will say so when it has. The end of the
  // stream is the exception: it may have been announced already.
  if (size < buffer.size() && !end_announced_) is_readable_ = false;
  take_over({buffer.data(), size});
  return Received::bytes;
}

void Connection::take_over(std::string_view bytes) {
  line_.received(bytes);
  pipelined_.append(frame(bytes));
}

/// Returns what is behind the request.
std::string_view Connection::frame(std::string_view bytes) {
  line_.frame();
  bytes.remove_prefix(framer_.consume(bytes));
  line_.framed();
  return bytes;
}

void Connection::begin_next_exchange() {
  exchange_ = Exchange();
  is_new_ = false;
  timed_phase_ = Phase::complete;  // whatever the phase is now, it begins now
  line_.next(pipelined_);
  framer_.reset();
  if (!pipelined_.empty()) pipelined_.erase(0, pipelined_.size() - frame(pipelined_).size());
}

Connection::Received Connection::discard(std::span<char> buffer) {
  const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (count > 0) {
    discarded_bytes_ += static_cast<std::uint64_t>(count);
    if (static_cast<std::size_t>(count) < buffer.size() && !end_announced_) is_readable_ = false;
    return Received::bytes;
  }
  if (count == 0) return Received::end;
  if (errno == EINTR) return Received::nothing;
  is_readable_ = false;
  return errno == EAGAIN ? Received::nothing : Received::broken;
}

bool Connection::send(std::uint64_t& bytes_sent) {
  const ssize_t count =
      ::send(fd_.get(), output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
  if (count < 0) {
    if (errno == EINTR) return true;
    is_writable_ = false;
    return errno == EAGAIN;
  }
  sent_ += static_cast<std::size_t>(count);
  bytes_sent += static_cast<std::uint64_t>(count);
  if (has_output()) {
    is_writable_ = false;
    return true;
  }
  sent_ = 0;
  if (output_.capacity() > kKeptOutputBytes) {
    output_ = std::string();
  } else {
    output_.clear();
  }
  return true;
}

void Connection::shut_down_writing() { ::shutdown(fd_.get(), SHUT_WR); }

void Connection::end_shared_socket() const {
  if (shares_socket_) ::shutdown(fd_.get(), SHUT_RDWR);
}

}  // namespace forkscope::gateway
