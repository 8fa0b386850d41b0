// Gives a newcomer its share: when a worker joins, by a recovery, a reload or scaling, and others
// hold more connections, they give some of theirs away between two requests. Nothing moves at any
// other time, and light traffic stays where it is.
//
// Part of the primary, called by its loop.
#pragma once

#include <cstdint>
#include <vector>

#include "os/deadline.h"
#include "supervisor/dealer.h"

namespace forkscope::supervisor {

class Balance {
 public:
  /// A worker serves from now on.
  void joined(std::uint64_t now_ns);
  /// Asks those that have too much, as long as somebody has just joined. Call it when due.
  void even_out(const std::vector<Dealer::Receiver>& workers, Dealer& dealer, std::uint64_t now_ns);
  os::Deadline due() const { return due_; }

 private:
  os::Deadline due_;
  os::Deadline ends_;      ///< If it is even by then.
  os::Deadline gives_up_;  ///< If it is not.
  bool was_even_ = true;   ///< At the latest look.
};

}  // namespace forkscope::supervisor
