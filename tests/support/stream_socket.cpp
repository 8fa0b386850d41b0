#include "support/stream_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace forkscope::support {

namespace {

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

void wait_for(int fd, short events, StreamSocket::Clock::time_point deadline, const char* what) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - StreamSocket::Clock::now());
    if (left.count() <= 0) fail(ETIMEDOUT, what);
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(left.count()));
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) fail(errno, what);
  }
}

}  // namespace

// Connecting to a listening socket of this machine ends in the kernel and does not wait for the
// server to accept; only the transfers afterwards need deadlines.
StreamSocket StreamSocket::connect_loopback(std::uint16_t port) {
  StreamSocket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.fd_) fail(errno, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail(errno, "connect");
  }
  return socket;
}

StreamSocket StreamSocket::connect_unix(const std::filesystem::path& path) {
  StreamSocket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.fd_) fail(errno, "socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& name = path.native();
  if (name.size() >= sizeof address.sun_path) fail(ENAMETOOLONG, name.c_str());
  name.copy(address.sun_path, name.size());
  if (::connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail(errno, name.c_str());
  }
  return socket;
}

void StreamSocket::send(std::string_view bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      wait_for(fd(), POLLOUT, deadline, "send");
    } else if (errno != EINTR) {
      fail(errno, "send");
    }
  }
}

bool StreamSocket::receive(std::string& buffer, Clock::time_point deadline) {
  std::array<char, 16384> chunk;
  for (;;) {
    const ssize_t received = ::recv(fd(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (received >= 0) {
      buffer.append(chunk.data(), static_cast<std::size_t>(received));
      return received > 0;
    }
    if (errno == EAGAIN) {
      wait_for(fd(), POLLIN, deadline, "receive");
    } else if (errno != EINTR) {
      fail(errno, "receive");
    }
  }
}

std::string StreamSocket::exchange_line(std::string_view line, Clock::time_point deadline) {
  send(line, deadline);
  std::string answer;
  while (answer.find('\n') == std::string::npos && receive(answer, deadline)) {
  }
  return answer;
}

void StreamSocket::shutdown_writes() { ::shutdown(fd(), SHUT_WR); }

void StreamSocket::reset_at_the_end() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0) {
    fail(errno, "SO_LINGER");
  }
}

}  // namespace forkscope::support
