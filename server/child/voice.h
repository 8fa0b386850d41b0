// What a child says to the primary: that it serves, or why it cannot; what its handlers have
// thrown; and the lines that its application has for the log.
//
// A child may also ask for another way to share the port, where it may break things (faults).
//
// A socket with one message for each, so that no text can pass for another one. Nothing here waits:
// where the primary takes no more, a line is lost and counted in the telemetry slot
// (Counters::log_lines_dropped). What was thrown is counted before it is told
// (Counters::exceptions), so the primary knows of every exception, also of those that it is told
// nothing about.
//
// Any thread of the child may call log() and exception().
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "forkscope/telemetry/slot_writer.h"

namespace forkscope::child {

/// The first byte of a message: what the rest of it is.
enum class Mark : char {
  ready = '\n',        ///< The child serves; descriptors for its successors come along.
  cannot_serve = '!',  ///< The reason, one line for people.
  info = 'i',          ///< A line for the log. So are the next two.
  warning = 'w',
  error = 'e',
  balance = 'b',    ///< The name of a policy by which connections are to be shared from now on.
  exception = 'x',  ///< The request's number, method and path, and what was thrown, each of the
                    ///< first two ended by a NUL.
};

/// Longer ones are cut.
inline constexpr std::size_t kMaxMessage = 1024;

// As many in a second are told of.
inline constexpr std::uint32_t kExceptionsPerSecond = 10;
inline constexpr std::uint32_t kLogLinesPerSecond = 100;

/// What a handler has thrown.
struct Exception {
  std::uint64_t request = 0;  ///< Its number, as in the telemetry slot.
  std::string_view method = {};
  std::string_view path = {};  ///< Without the query.
  std::string_view what = {};
};

class Voice {
 public:
  /// Borrows both: a socket that does not block, and the child's own slot.
  Voice(int socket, telemetry::SlotWriter& slot) : socket_(socket), slot_(slot) {}

  /// False, and errno, when the primary did not take it.
  bool say(Mark mark, std::string_view text, std::span<const int> descriptors = {}) const;

  /// Until the primary has taken something. Only before the child serves.
  void await_room() const;

  /// Mark::info, warning or error.
  void log(Mark level, std::string_view line);
  /// After SlotWriter::exception().
  void exception(const Exception& thrown);

 private:
  /// So many per second. Two threads at once may let one more through, or one less.
  class Budget {
   public:
    explicit Budget(std::uint32_t per_second) : per_second_(per_second) {}
    bool take(std::uint64_t now_ns);

   private:
    const std::uint32_t per_second_;
    std::atomic<std::uint64_t> second_begins_ns_ = 0;
    std::atomic<std::uint32_t> taken_ = 0;
  };

  int socket_;
  telemetry::SlotWriter& slot_;
  Budget lines_{kLogLinesPerSecond};
  Budget exceptions_{kExceptionsPerSecond};
};

}  // namespace forkscope::child
