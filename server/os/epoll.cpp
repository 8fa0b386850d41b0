#include "os/epoll.h"

#include <cassert>
#include <cerrno>
#include <system_error>

namespace forkscope::os {

namespace {

bool control(int epoll, int operation, int fd, std::uint32_t events, std::uint64_t token) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

}  // namespace

Epoll::Epoll() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

void Epoll::add(int fd, std::uint32_t events, std::uint64_t token) {
  if (!try_add(fd, events, token)) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

bool Epoll::try_add(int fd, std::uint32_t events, std::uint64_t token) {
  return control(fd_.get(), EPOLL_CTL_ADD, fd, events, token);
}

void Epoll::modify(int fd, std::uint32_t events, std::uint64_t token) {
  [[maybe_unused]] const bool done = control(fd_.get(), EPOLL_CTL_MOD, fd, events, token);
  assert(done);
}

void Epoll::remove(int fd) {
  [[maybe_unused]] const bool done = control(fd_.get(), EPOLL_CTL_DEL, fd, 0, 0);
  assert(done);
}

std::span<const epoll_event> Epoll::wait(int timeout_ms) {
  const int count =
      ::epoll_wait(fd_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
  if (count >= 0) return {events_.data(), static_cast<std::size_t>(count)};
  if (errno == EINTR) return {};
  throw std::system_error(errno, std::generic_category(), "epoll_wait");
}

}  // namespace forkscope::os
