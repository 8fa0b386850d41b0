// What workers have to know of all their peers, side by side, so that it is seen at a glance: how
// much each has to do, sixteen to a cache line, and who is on call (on_call.h), sixty-four. And
// whose turn it is, where they take turns (balancing/policies.h).
//
// A load is written when it changes, and it says how many connections are likely to stay
// (Turnover): under a storm of connections that come and go its line is quiet, and every core keeps
// its copy of it. All of this is a hint: whether a worker lives and hears is looked up where it
// matters.
//
// Anonymous shared memory (mmap(2)), made before the forks; each worker writes what is
// its own.
#pragma once

#include <cstdint>

#include "balancing/policies.h"
#include "forkscope/telemetry/mapping.h"

namespace forkscope::gateway {

enum class Duty : std::uint8_t { off_call, awake, asleep };

class LoadBoard {
 public:
  /// Of a worker that takes no connection: it is not there, is full, or leaves.
  static constexpr std::uint32_t kTakesNobody = balancing::kTakesNobody;

  /// For as many workers as there can be, none of which takes anybody yet. Throws
  /// std::system_error.
  LoadBoard();

  /// By the worker in that slot.
  void tell(std::uint32_t slot, std::uint32_t load) const;
  std::uint32_t load(std::uint32_t slot) const;

  /// By the worker in that slot, before it looks for others: of two that get up, one at least sees
  /// that the other one does not sleep any more.
  void tell_duty(std::uint32_t slot, Duty duty) const;
  Duty duty(std::uint32_t slot) const;

  /// From which a policy knows whose it is; it only grows.
  std::uint64_t turn() const;
  /// By whoever has taken a connection in its turn, or passes over somebody who does not come.
  /// Nothing where somebody else has done so.
  void next_turn(std::uint64_t turn, std::uint64_t next) const;

 private:
  struct Words;
  Words& words() const;

  telemetry::Mapping mapping_;
};

}  // namespace forkscope::gateway
