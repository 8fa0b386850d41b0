// One worker's end of the bus: what it says to all others, and what it hears of them.
//
// Made in the worker, after the fork, at most one in its life. It hears what is said from then on:
// of what it said itself nothing, of everybody else everything in the order in which they said it,
// or how much of it was lost. Messages of different workers are in no order among each other.
//
// How nobody is forgotten who waits, and nobody woken who does not:
//
//   who waits                               who publishes
//   ─────────                               ─────────────
//   1  asked += 1                           1  the message, by store_release (outbox.h)
//   2  fence(seq_cst)                       2  fence(seq_cst)
//   3  looks whether there is a message     3  looks whether asked is new to it
//   4  sleeps until its eventfd is signalled    and signals the eventfd if so
//
// A store followed by a load may be swapped by the processor unless a fence of this kind stands
// between them, on either side. With both, 3 on one side at least sees 1 of the other. `asked` is a
// word of the one who waits, a number that only grows; whoever publishes remembers which number it
// has answered. So nobody writes to a word of somebody else's, and however much is published, one
// question costs each publisher one system call.
//
// A worker that dies between 1 and 3 wakes nobody for its last message. Its successor does, when it
// comes; whoever calls receive() sees the message in any case.
//
// One thread (os/one_thread.h). A process that the worker forks must leave it alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "bus/bus.h"
#include "bus/outbox.h"
#include "os/one_thread.h"

namespace forkscope::bus {

struct Message {
  std::uint32_t from = 0;  ///< Number of the worker, from 1.
  std::uint64_t number =
      0;                   ///< Among all that it and those before it in its slot have said; from 0.
  std::string_view bytes;  ///< Valid during the call that hands it over.
};

class Member {
 public:
  using OnMessage = std::function<void(const Message& message)>;
  /// `count` messages of worker `from` were overwritten before they were read here. 0: nobody knows
  /// how many, because that worker has scribbled over its own outbox.
  using OnLost = std::function<void(std::uint32_t from, std::uint64_t count)>;

  /// Of the worker in that slot. Where the bus was made by another process, everything of it but
  /// this worker's outbox becomes read-only here. Throws std::out_of_range for a slot that the bus
  /// does not have, std::system_error.
  Member(Bus& bus, std::uint32_t slot);
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  /// Of the worker, from 1: Message::from, for others.
  std::uint32_t number() const { return slot_ + 1; }

  /// To all others; never waits. False: it is longer than kMaxMessage, and nothing was sent.
  bool publish(std::string_view bytes);

  /// An eventfd for poll(2) and epoll(7), borrowed: readable when there may be something, until
  /// receive() has found nothing more. Whoever never asks for it costs others no system call, and
  /// calls receive() when it wants to know.
  int fd();

  /// Hands over what is there, but not more than kPerCall messages. True: there may be more, and
  /// fd() is still readable. Both functions may publish, and may throw: what was handed over is not
  /// handed over again.
  bool receive(const OnMessage& on_message, const OnLost& on_lost);
  static constexpr std::uint32_t kPerCall = 256;

 private:
  std::uint32_t take_from(std::uint32_t slot, std::uint32_t at_most, const OnMessage& on_message,
                          const OnLost& on_lost);
  bool is_anything_there() const;
  void ask();
  void wake_who_asked();

  Bus& bus_;
  std::uint32_t slot_;
  OutboxWriter outbox_;
  std::vector<std::uint64_t> next_;      ///< By slot: number of the next message to read.
  std::vector<std::uint64_t> answered_;  ///< By slot: which question of its was answered.
  std::vector<telemetry::Word> buffer_;  ///< The message at hand.
  std::uint32_t first_ = 0;              ///< Slot that is looked at first, so that all get a turn.
  bool waits_ = false;                   ///< Somebody has asked for fd().
  [[no_unique_address]] os::OneThread owner_;
};

}  // namespace forkscope::bus
