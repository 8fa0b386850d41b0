// The primary's end of a worker's protection: the ledger, a socket to the worker and one to its
// keeper, and a copy of every connection that has been dealt to the worker and that it has not
// written down yet.
//
// Made before the fork, one per worker process. Nothing here blocks. Primary only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "os/unique_fd.h"
#include "protection/fate.h"
#include "protection/ledger.h"
#include "protection/parcel.h"
#include "protection/worker_end.h"

namespace forkscope::protection {

class Custody {
 public:
  /// For a worker with descriptors below `capacity`. Throws std::system_error.
  explicit Custody(std::uint32_t capacity);

  // ── the fork ──
  /// Descriptors that the child keeps.
  std::vector<int> for_child() const { return {keeper_child_.get(), worker_child_.get()}; }
  /// In the child: makes its keeper, and reports crashes from now on.
  Inheritance in_child(pid_t primary, unsigned number) const;
  /// In the primary: there is a child.
  void forked();

  const Ledger& ledger() const { return ledger_; }
  /// To be watched by the primary's loop; hear() when one is readable.
  int keeper_socket() const { return keeper_.get(); }
  int worker_socket() const { return worker_.get(); }
  /// Once the worker is ready; 0: it has none.
  /// As it was told first: the worker can write there.
  pid_t keeper() const;
  /// It has died.
  void keeper_ended() { keeper_gone_ = true; }

  // ── when the worker hangs or is dead; only with a keeper ──
  /// Asks for what can go on elsewhere; hear() tells when that is all. Once for each condition.
  void hand_over(Condition worker, bool may_move);
  /// The worker is dead, for certain: no file is open, and no lock held, on its behalf any more.
  void release() const { send_message(keeper_.get(), MessageKind::release); }
  bool is_asked(Condition worker) const { return asked_ && *asked_ == worker; }

  /// The worker gives so many connections, as soon as it can.
  void ask_for(std::uint32_t connections) const {
    send_message(worker_.get(), MessageKind::give, connections);
  }

  /// All that was asked for has been heard.
  struct Done {
    Condition worker = Condition::frozen;
    std::uint32_t lost = 0;  ///< Requests.
  };
  struct Heard {
    std::optional<Message> connection;  ///< Nobody's at the moment, but ours.
    std::optional<Done> done;
    bool crashed = false;  ///< The worker is about to die of a signal.
    bool spoilt = false;   ///< A connection was sent and has not arrived: no descriptor was free.
  };
  /// The next thing that one of the two has said; nothing: there is none now.
  std::optional<Heard> hear();

  // ── dealing ──
  /// Takes the connection out of `message` unless it cannot be sent now, or ever (`never`).
  Sent deal(Message& message);
  /// How many the worker has not written down yet.
  std::size_t on_its_way();
  /// Those that it has not written down, which it never will any more: it is frozen, or dead and
  /// all has been heard.
  std::deque<Message> take_back();

 private:
  struct Copy {
    std::uint64_t number;
    Message message;
  };
  bool is_given(std::uint32_t giving) const;
  Done done(const MessageHead& head) const;
  void forget_adopted(std::uint64_t number);

  Ledger ledger_;
  os::UniqueFd keeper_;
  os::UniqueFd keeper_child_;
  os::UniqueFd worker_;
  os::UniqueFd worker_child_;
  std::optional<Condition> asked_;
  mutable pid_t keeper_pid_ = 0;
  bool keeper_gone_ = false;
  std::uint64_t dealt_ = 0;
  std::uint32_t given_ = 0;  ///< By the worker: number of the latest that it gave.
  std::deque<Copy> copies_;
};

}  // namespace forkscope::protection
