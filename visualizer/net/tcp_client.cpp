#include "net/tcp_client.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "forkscope/telemetry/names.h"
#include "os/quiet_thread.h"

namespace forkscope::net {

namespace {

std::string reachable_host(const std::string& host) {
  if (host.empty() || host == "0.0.0.0") return "127.0.0.1";
  if (host == "::") return "::1";
  return host;
}

/// With AI_NUMERICHOST in `flags` nobody is asked (getaddrinfo(3)).
std::optional<TcpAddress> resolve(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* found = nullptr;
  const std::string name = reachable_host(host);
  if (::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return std::nullopt;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  TcpAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.bytes = found->ai_addrlen;
  address.authority = telemetry::authority(host, port);
  return address;
}

}  // namespace

AddressLookup look_up(const std::string& host, std::uint16_t port) {
  const auto promise = std::make_shared<std::promise<std::optional<TcpAddress>>>();
  AddressLookup lookup = promise->get_future().share();
  if (auto address = resolve(host, port, AI_NUMERICHOST)) {
    promise->set_value(std::move(address));
    return lookup;
  }
  try {
    os::start_quiet_thread([promise, host, port] {
      promise->set_value(resolve(host, port, 0));
    }).detach();
  } catch (const std::system_error&) {
    promise->set_value(std::nullopt);
  }
  return lookup;
}

bool is_ready(const AddressLookup& lookup) {
  return lookup.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

os::UniqueFd begin_connect(const TcpAddress& address) {
  os::UniqueFd socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return socket;
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket.get(), to, address.bytes) != 0 && errno != EINPROGRESS) return {};
  return socket;
}

int connect_error(int fd) {
  int error = 0;
  socklen_t bytes = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0 ? error : errno;
}

}  // namespace forkscope::net
