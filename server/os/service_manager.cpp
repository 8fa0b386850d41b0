#include "os/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>

#include "os/environment.h"

namespace forkscope::os {

namespace {

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

ServiceManager::ServiceManager() : address_(take_variable("NOTIFY_SOCKET")) {
  const auto timeout_us = number(take_variable("WATCHDOG_USEC"));
  const std::string pid = take_variable("WATCHDOG_PID");
  const bool absolute = address_.starts_with('/');
  const bool abstract = address_.starts_with('@');
  if ((!absolute && !abstract) || address_.size() >= sizeof(sockaddr_un::sun_path)) return;
  if (abstract) address_[0] = '\0';
  socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // The shortest interval that makes sense is many rounds of the primary's loop.
  if (timeout_us && *timeout_us > 0 && *timeout_us < UINT64_MAX / 1'000 &&
      (pid.empty() || number(pid) == static_cast<std::uint64_t>(::getpid()))) {
    interval_ = std::chrono::nanoseconds(*timeout_us * 1'000 / 2);
    next_ = Deadline::at(0);
  }
}

void ServiceManager::notify(std::string_view message) const {
  if (!socket_) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  ::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address), bytes);
}

void ServiceManager::keep_alive(std::uint64_t now_ns) {
  if (!next_.has_passed(now_ns)) return;
  next_ = Deadline::after(now_ns, interval_);
  notify("WATCHDOG=1");
}

}  // namespace forkscope::os
