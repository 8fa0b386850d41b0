// The floor: what any server has to pay at least. It waits with epoll, receives, and sends the same
// bytes whatever came; it parses nothing and keeps nothing. With "close" it closes after each
// answer, and otherwise nothing by itself.
//
//   floor-server PORT WORKERS BODY [close]
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

int listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 4096) != 0) {
    std::perror("floor-server");
    std::exit(EXIT_FAILURE);
  }
  return listener;
}

void watch(int epoll, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

struct Response {
  std::string bytes;
  bool closes = false;
};

/// False: the connection is over.
bool answer(int fd, const Response& response) {
  static std::array<char, 64 * 1024> buffer;
  const ssize_t received = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (received <= 0) return received < 0 && errno == EAGAIN;
  return ::send(fd, response.bytes.data(), response.bytes.size(), MSG_NOSIGNAL) >= 0 &&
         !response.closes;
}

[[noreturn]] void serve(int listener, const Response& response) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener, EPOLLIN | EPOLLEXCLUSIVE);
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) watch(epoll, client, EPOLLIN | EPOLLET);
      } else if (!answer(fd, response)) {
        ::close(fd);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool closes = argc == 5 && argv[4] == std::string_view("close");
  if (argc != 4 && !closes) {
    std::fputs("usage: floor-server PORT WORKERS BODY [close]\n", stderr);
    return 2;
  }
  const std::string body = argv[3];
  const Response response{
      std::string("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ") +
          std::to_string(body.size()) + (closes ? "\r\nConnection: close" : "") + "\r\n\r\n" + body,
      closes};
  const int listener = listen_on(static_cast<std::uint16_t>(std::atoi(argv[1])));
  for (int worker = std::atoi(argv[2]); worker > 0; --worker) {
    if (::fork() != 0) continue;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(listener, response);
  }
  ::pause();
}
