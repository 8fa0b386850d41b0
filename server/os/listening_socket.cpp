#include "os/listening_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "os/environment.h"

namespace forkscope::os {

namespace {

constexpr int kBacklog = 4096;

using AddressList = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

AddressList resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    throw std::runtime_error("cannot listen on " + host + ": " + ::gai_strerror(error));
  }
  return {found, ::freeaddrinfo};
}

bool set(int fd, int level, int option) {
  const int on = 1;
  return ::setsockopt(fd, level, option, &on, sizeof on) == 0;
}

std::string numeric(const sockaddr* address, socklen_t bytes) {
  char text[NI_MAXHOST] = "";
  ::getnameinfo(address, bytes, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return text;
}

struct Bound {
  std::string address;
  std::uint16_t port = 0;
};

/// The address and port that a socket is bound to; nothing if it is not a TCP socket.
std::optional<Bound> bound_to(int fd) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  const auto* any = reinterpret_cast<const sockaddr*>(&address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) return std::nullopt;
  if (address.ss_family == AF_INET6) {
    return Bound{numeric(any, bytes),
                 ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port)};
  }
  if (address.ss_family != AF_INET) return std::nullopt;
  return Bound{numeric(any, bytes),
               ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port)};
}

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
  }
  return address->sa_family == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

}  // namespace

ListeningSocket listen_on(const std::string& host, std::uint16_t port) {
  const AddressList addresses = resolve(host, port);
  int error = 0;
  std::vector<std::string> left_out;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    UniqueFd fd(::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd && set(fd.get(), SOL_SOCKET, SO_REUSEADDR) && set(fd.get(), IPPROTO_TCP, TCP_NODELAY) &&
        ::bind(fd.get(), address->ai_addr, address->ai_addrlen) == 0 &&
        // Not before bind(2): any other server of this user could then have the port, too.
        set(fd.get(), SOL_SOCKET, SO_REUSEPORT) && ::listen(fd.get(), kBacklog) == 0) {
      auto [bound, bound_port] = bound_to(fd.get()).value();
      for (const addrinfo* rest = address->ai_next; rest != nullptr && bound != "::";
           rest = rest->ai_next) {
        left_out.push_back(numeric(rest->ai_addr, rest->ai_addrlen));
      }
      return {std::move(fd), std::move(bound), bound_port, std::move(left_out)};
    }
    error = errno;
    left_out.push_back(numeric(address->ai_addr, address->ai_addrlen));
  }
  throw std::system_error(error, std::generic_category(),
                          "cannot listen on " + host + " port " + std::to_string(port));
}

UniqueFd listen_beside(int listening_socket) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::getsockname(listening_socket, any, &bytes) == 0) {
    UniqueFd fd(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd && set(fd.get(), SOL_SOCKET, SO_REUSEADDR) && set(fd.get(), SOL_SOCKET, SO_REUSEPORT) &&
        set(fd.get(), IPPROTO_TCP, TCP_NODELAY) && ::bind(fd.get(), any, bytes) == 0 &&
        ::listen(fd.get(), kBacklog) == 0) {
      return fd;
    }
  }
  throw std::system_error(errno, std::generic_category(), "one more socket on the port");
}

std::optional<ListenQueue> listen_queue(int listening_socket) {
  tcp_info info{};
  socklen_t bytes = offsetof(tcp_info, tcpi_lost);
  const bool is_told = ::getsockopt(listening_socket, IPPROTO_TCP, TCP_INFO, &info, &bytes) == 0;
  if (!is_told || bytes < offsetof(tcp_info, tcpi_lost)) return std::nullopt;
  return ListenQueue{info.tcpi_unacked, info.tcpi_sacked};
}

std::optional<InheritedSocket> inherited_listening_socket() {
  constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
  const std::string count = take_variable("LISTEN_FDS");
  const std::string pid = take_variable("LISTEN_PID");
  take_variable("LISTEN_FDNAMES");
  if (count.empty() || pid != std::to_string(::getpid()) || count == "0") return std::nullopt;
  if (count != "1") {
    throw std::runtime_error("LISTEN_FDS is " + count + ", but there can be one socket only");
  }
  int listens = 0;
  socklen_t bytes = sizeof listens;
  const auto bound = bound_to(kFirst);
  if (::getsockopt(kFirst, SOL_SOCKET, SO_ACCEPTCONN, &listens, &bytes) != 0 || listens == 0 ||
      !bound) {
    throw std::runtime_error("the socket of LISTEN_FDS is not a listening TCP socket");
  }
  return InheritedSocket{kFirst, bound->address, bound->port};
}

void make_blocking(int listening_socket) {
  ::fcntl(listening_socket, F_SETFL, ::fcntl(listening_socket, F_GETFL) & ~O_NONBLOCK);
}

ListeningSocket adopt_listening_socket(int fd) {
  UniqueFd owned(fd);
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
      ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0 ||
      !set(fd, IPPROTO_TCP, TCP_NODELAY)) {
    throw std::system_error(errno, std::generic_category(), "inherited socket");
  }
  auto [address, port] = bound_to(fd).value();
  return {std::move(owned), std::move(address), port};
}

bool is_loopback(const std::string& host) {
  const AddressList addresses = resolve(host, 0);
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    if (!is_loopback(address->ai_addr)) return false;
  }
  return true;
}

}  // namespace forkscope::os
