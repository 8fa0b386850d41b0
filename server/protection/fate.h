// What is to become of a connection whose worker is dead, or frozen in a handler: decided by its
// entry in the ledger and, because a worker can die between a system call and the line that tells
// of it, by what the kernel knows of the socket (TCP_INFO, tcp(7)). Where the two do not agree the
// connection is closed rather than guessed at.
//
// By the keeper. Pure but for traffic_of().
#pragma once

#include <cstdint>
#include <optional>

#include "protection/ledger.h"

namespace forkscope::protection {

/// Of a connected TCP socket: what its process has read and written so far.
struct Traffic {
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  bool unread = false;  ///< Something has arrived that nobody has read.
};
/// Nothing: it is no such socket, or its peer is gone for good.
std::optional<Traffic> traffic_of(int fd);

enum class Fate {
  stays,           ///< With its worker, which lives.
  ends,            ///< Nobody waits for anything: it is closed.
  lost,            ///< It is closed, and a client waits for an answer.
  moves,           ///< On, with the request that has not begun, or that may run again.
  moves_answered,  ///< On, with the answer that is prepared.
  moves_in_doubt,  ///< On, with that answer, which is true if the batch was committed.
  moves_past,      ///< On, behind its answer, which has left.
};

/// How the worker is.
enum class Condition { frozen, dead };

/// `is_in_hand`: the hand names it.
Fate fate_of(const Entry& entry, bool is_in_hand, Condition worker, const Traffic& traffic);

}  // namespace forkscope::protection
