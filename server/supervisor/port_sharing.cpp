#include "supervisor/port_sharing.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "balancing/policies.h"
#include "forkscope/telemetry/names.h"

namespace forkscope::supervisor {

namespace {

constexpr std::chrono::milliseconds kLook{100};
/// The kernel repeats the second packet of a handshake so long (tcp_synack_retries, tcp(7)), and
/// its third one leads to the queue that was chosen at the first.
constexpr std::chrono::seconds kHandshake{64};

balancing::PortGroup group_of(const Settings& settings, const child::Child& child,
                              const os::ListeningSocket& listener, std::uint32_t slots) {
  const int shared = listener.fd.get();
  if (settings.inherited_socket >= 0) {
    return {shared, "a socket that was inherited (LISTEN_FDS) cannot have others beside it"};
  }
  if (!child.follows_policies) return {shared, "what is served here has one queue for all"};
  return {shared, slots};
}

}  // namespace

PortSharing::PortSharing(const Settings& settings, const child::Child& child,
                         const os::ListeningSocket& listener, std::uint32_t slots)
    : follows_policies_(child.follows_policies),
      group_(group_of(settings, child, listener, slots)),
      policy_(settings.balance) {
  if (const std::string why = why_not(policy_); !why.empty()) {
    throw std::runtime_error("--balance " + why);
  }
}

std::string PortSharing::why_not(telemetry::BalancePolicy policy) const {
  if (!follows_policies_ && policy != telemetry::BalancePolicy::kernel) {
    return std::string(to_string(policy)) +
           " is not to be had: workers of this kind take their connections as the kernel wakes "
           "them";
  }
  if (!balancing::has_queues(policy) || group_.why_no_queues().empty()) return {};
  return std::string(to_string(policy)) +
         " is not to be had, since each worker would need a queue of its own: " +
         group_.why_no_queues();
}

std::optional<std::string> PortSharing::choose(telemetry::BalancePolicy policy,
                                               std::uint64_t now_ns) {
  if (std::string why = why_not(policy); !why.empty()) return why;
  if (!queues().empty() && !group_.steer(policy, members_)) {
    return std::string("the port keeps its program: ") + std::strerror(errno);
  }
  policy_ = policy;
  look_due_ = os::Deadline::at(now_ns);
  looks_end_ = os::Deadline::after(now_ns, kHandshake);
  return std::nullopt;
}

bool PortSharing::follow(WorkerPool& pool, std::uint64_t now_ns) {
  if (queues().empty()) return false;
  std::vector<std::uint32_t> members;
  for (const WorkerHandle& worker : pool) {
    if (worker.takes_part()) members.push_back(worker.number() - 1);
  }
  if (members != members_) {
    members_ = std::move(members);
    if (balancing::has_queues(policy_)) choose(policy_, now_ns);
  }
  return look_due_.has_passed(now_ns) && look(pool, now_ns);
}

bool PortSharing::look(WorkerPool& pool, std::uint64_t now_ns) {
  const bool has_queues = balancing::has_queues(policy_);
  open_queues_ = 0;
  bool is_empty = true;
  for (WorkerHandle& worker : pool) {
    const auto queue = group_.look(worker.number() - 1);
    const bool is_open = queue.length > 0 && !(has_queues && worker.takes_part());
    worker.tell_queue(queue, is_open);
    if (is_open) ++open_queues_;
    is_empty = is_empty && queue.length == 0;
  }
  const bool goes_on = has_queues || !is_empty || !looks_end_.has_passed(now_ns);
  look_due_ = goes_on ? os::Deadline::after(now_ns, kLook) : os::Deadline::never();
  return open_queues_ > 0;
}

void PortSharing::close() {
  group_.close();
  look_due_ = {};
}

}  // namespace forkscope::supervisor
