#include "balancing/port_group.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>
#include <utility>

#include "balancing/steering.h"
#include "os/listening_socket.h"

namespace forkscope::balancing {

PortGroup::PortGroup(int shared, std::uint32_t slots)
    : shared_(shared), seed_(std::random_device{}()) {
  // First of all: without a program the kernel would use the others as soon as they listen.
  if (!steer(telemetry::BalancePolicy::least, {})) {
    why_no_queues_ =
        std::string("this kernel takes no program for the port: ") + std::strerror(errno);
    return;
  }
  try {
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
      sockets_.push_back(os::listen_beside(shared_));
      queues_.push_back(sockets_.back().get());
    }
  } catch (const std::system_error& error) {
    why_no_queues_ = error.what();
    sockets_.clear();
    queues_.clear();
  }
}

PortGroup::PortGroup(int shared, std::string why_no_queues)
    : shared_(shared), why_no_queues_(std::move(why_no_queues)), seed_(0) {}

bool PortGroup::steer(telemetry::BalancePolicy policy, std::span<const std::uint32_t> members) {
  std::vector<sock_filter> program = steering_program(policy, members, seed_);
  const sock_fprog attached{static_cast<unsigned short>(program.size()), program.data()};
  return ::setsockopt(shared_, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attached, sizeof attached) ==
         0;
}

PortGroup::Queue PortGroup::look(std::uint32_t slot) const {
  if (slot >= queues_.size()) return {};
  return os::listen_queue(queues_[slot]).value_or(Queue{});
}

void PortGroup::close() {
  for (const int queue : queues_) ::shutdown(queue, SHUT_RD);
  sockets_.clear();
  queues_.clear();
}

}  // namespace forkscope::balancing
