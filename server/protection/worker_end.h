// The worker's end of its protection: its ledger, and the socket over which connections come from
// the primary and go to it. One per worker process, used by its event loop. Borrows the socket.
#pragma once

#include <cstdint>
#include <optional>

#include "protection/ledger.h"
#include "protection/line.h"
#include "protection/parcel.h"

namespace forkscope::protection {

/// What a child inherits of it (child/child.h); the primary's, and valid for the child's whole
/// life.
struct Inheritance {
  const Ledger& ledger;
  int primary = -1;  ///< Socket to the primary; -1: nobody protects, and nothing ever comes.
};

class WorkerEnd {
 public:
  explicit WorkerEnd(const Inheritance& inheritance)
      : ledger_(inheritance.ledger), socket_(inheritance.primary) {}

  const Ledger& ledger() const { return ledger_; }
  /// Readable when hear() has something to say; -1: never.
  int fd() const { return socket_; }

  struct Heard {
    std::uint32_t give = 0;             ///< So many connections are wanted by others.
    std::optional<Message> connection;  ///< One that is ours from now on; see parcel_of().
  };
  /// The next message; nothing when there is none.
  std::optional<Heard> hear();
  /// It has a line now, with that number: the primary need not keep a copy.
  void adopted(std::uint64_t parcel) const { ledger_.adopted(parcel); }

  /// Whether connections may be given away now: the primary wants them to outlive this worker.
  bool may_give() const { return socket_ >= 0 && ledger_.protects(); }
  /// Gives the connection to the primary, if it can go now: nothing of it has begun, and nothing is
  /// on its way to the client. The caller closes its own descriptor afterwards, and touches it no
  /// more.
  Sent give(int connection, Line& line);

 private:
  const Ledger& ledger_;
  int socket_;
  std::uint32_t given_ = 0;
};

}  // namespace forkscope::protection
