#include "os/epoll.h"

#include <cerrno>
#include <system_error>

namespace forkscope::os {

namespace {

void control(int epoll, int operation, int fd, std::uint32_t events, std::uint64_t token) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  if (::epoll_ctl(epoll, operation, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

}  // namespace

Epoll::Epoll() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

void Epoll::add(int fd, std::uint32_t events, std::uint64_t token) {
  control(fd_.get(), EPOLL_CTL_ADD, fd, events, token);
}

void Epoll::modify(int fd, std::uint32_t events, std::uint64_t token) {
  control(fd_.get(), EPOLL_CTL_MOD, fd, events, token);
}

void Epoll::remove(int fd) { control(fd_.get(), EPOLL_CTL_DEL, fd, 0, 0); }

std::span<const epoll_event> Epoll::wait(int timeout_ms) {
  const int count =
      ::epoll_wait(fd_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
  if (count >= 0) return {events_.data(), static_cast<std::size_t>(count)};
  if (errno == EINTR) return {};
  throw std::system_error(errno, std::generic_category(), "epoll_wait");
}

}  // namespace forkscope::os
