// A moment at which something is due, or never.
//
// Instants are nanoseconds of CLOCK_MONOTONIC, as telemetry::now_ns() tells them, in variables that
// end in `_ns`; spans of time are std::chrono's, so that nobody takes one for the other. What may
// also be "not at all" is a Deadline, never a number with a special meaning:
//
//   Deadline due_;                                    // nothing is due
//   due_ = Deadline::after(now_ns, settings.timeout);
//   if (due_.has_passed(now_ns)) …                    // false as long as nothing is due
//   epoll.wait(earlier(due_, other.next_due()).wait_ms(now_ns));
//
// A value of eight bytes; it knows no clock, so whoever decides by one is told what time it is.
#pragma once

#include <algorithm>
#include <cassert>
#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>

namespace forkscope::os {

class Deadline {
 public:
  /// Never.
  constexpr Deadline() = default;
  static constexpr Deadline never() { return {}; }
  static constexpr Deadline at(std::uint64_t due_ns) { return Deadline(due_ns); }
  /// A span without an end, or one that reaches beyond the clock's, is never over.
  static constexpr Deadline after(std::uint64_t now_ns, std::chrono::nanoseconds span) {
    assert(span.count() >= 0);
    const auto span_ns = static_cast<std::uint64_t>(span.count());
    return Deadline(span_ns < kNever - now_ns ? now_ns + span_ns : kNever);
  }

  constexpr bool is_set() const { return due_ns_ != kNever; }
  constexpr bool has_passed(std::uint64_t now_ns) const { return is_set() && now_ns >= due_ns_; }

  /// The moment; only if there is one.
  constexpr std::uint64_t ns() const {
    assert(is_set());
    return due_ns_;
  }
  /// For a format that writes "never" as 0: a record in shared memory, say.
  constexpr std::uint64_t ns_or_zero() const { return is_set() ? due_ns_ : 0; }

  /// The time-out for epoll_wait(2) and poll(2): -1 without a deadline, 0 if it has passed, and
  /// otherwise rounded up, so that nobody wakes before there is anything to do.
  constexpr int wait_ms(std::uint64_t now_ns) const {
    if (!is_set()) return -1;
    if (due_ns_ <= now_ns) return 0;
    constexpr std::uint64_t kMillisecondNs = 1'000'000;
    const std::uint64_t wait_ms = (due_ns_ - now_ns - 1) / kMillisecondNs + 1;
    constexpr std::uint64_t kLongest = std::numeric_limits<int>::max();
    return static_cast<int>(std::min(wait_ms, kLongest));
  }

  /// Earlier is less; never comes after everything.
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes what it compares with for a null.
  constexpr auto operator<=>(const Deadline&) const = default;

 private:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  constexpr explicit Deadline(std::uint64_t due_ns) : due_ns_(due_ns) {}

  std::uint64_t due_ns_ = kNever;
};

constexpr Deadline earlier(Deadline a, Deadline b) { return std::min(a, b); }

}  // namespace forkscope::os
