// How new connections are shared out, on the primary's side: the policy, whose queues take part in
// it, and that nobody waits in a queue for ever.
//
//   a worker serves ─▶ its queue takes part, also while it hangs or is dead: whoever waits there
//                      waits for it or its successor, as with any server that has such queues
//   it is asked to go ─▶ its queue takes part no more
//
// What waits in a queue that takes no part, after its worker was asked to go or another policy was
// chosen, anybody may take: such a queue is opened, and the others are called. So nothing is lost,
// and nobody is reset.
//
// Under a policy that needs no queues they are looked at only for as long as a handshake that began
// before can take.
//
// Part of the primary, called by its loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "balancing/port_group.h"
#include "child/child.h"
#include "forkscope/telemetry/layout.h"
#include "os/deadline.h"
#include "os/listening_socket.h"
#include "supervisor/settings.h"
#include "supervisor/worker_pool.h"

namespace forkscope::supervisor {

class PortSharing {
 public:
  /// `slots` are as many as there can be. Throws std::runtime_error, in one line, where the policy
  /// of the settings is not to be had.
  PortSharing(const Settings& settings, const child::Child& child,
              const os::ListeningSocket& listener, std::uint32_t slots);

  telemetry::BalancePolicy policy() const { return policy_; }
  /// Why not, in one sentence; nothing when it holds.
  std::optional<std::string> choose(telemetry::BalancePolicy policy, std::uint64_t now_ns);

  /// Lets the queues of those take part that should, and looks at all of them when it is due. True:
  /// there is something to take for those who are not its owners.
  bool follow(WorkerPool& pool, std::uint64_t now_ns);
  os::Deadline due() const { return look_due_; }
  /// How many queues are open to all.
  std::uint16_t open_queues() const { return open_queues_; }

  /// By slot, for those who are forked; valid as long as this.
  const std::vector<int>& queues() const { return group_.queues(); }
  /// The server stops: whoever waits is refused.
  void close();

 private:
  std::string why_not(telemetry::BalancePolicy policy) const;
  bool look(WorkerPool& pool, std::uint64_t now_ns);

  bool follows_policies_;  ///< As child::Child has it.
  balancing::PortGroup group_;
  telemetry::BalancePolicy policy_;
  std::vector<std::uint32_t> members_;  ///< Slots whose queues take part.
  os::Deadline look_due_;
  os::Deadline looks_end_;
  std::uint16_t open_queues_ = 0;
};

}  // namespace forkscope::supervisor
