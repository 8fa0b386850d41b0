// Which of a worker's connections are likely to stay.
//
// Where many connections are closed after one request, those that are new will be, too: to spread
// them evenly is not worth a detour each. So the connections that have come within the latest tenth
// of a second do not count where as many have gone in the same time.
//
// Time goes by in windows; what is asked for is of this one and the one before. Part of the
// ConnectionTable.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

namespace forkscope::gateway {

class Turnover {
 public:
  static constexpr std::uint64_t kWindowNs = 50'000'000;

  /// Time has gone by.
  void renew(std::uint64_t now_ns) {
    const std::uint64_t window = now_ns / kWindowNs;
    if (window == window_) return;
    came_[1] = window == window_ + 1 ? came_[0] : 0;
    gone_[1] = window == window_ + 1 ? gone_[0] : 0;
    came_[0] = gone_[0] = 0;
    window_ = window;
  }

  /// One has come. Returns what went() wants to know when it goes.
  std::uint64_t came() {
    ++came_[0];
    return window_;
  }
  void went(std::uint64_t came_in) {
    ++gone_[0];
    if (came_in == window_) --came_[0];
    if (came_in + 1 == window_) --came_[1];
  }

  std::size_t gone() const { return gone_[0] + gone_[1]; }
  /// Of so many that are open.
  std::size_t staying(std::size_t open) const {
    const std::size_t young = came_[0] + came_[1];
    assert(young <= open);
    return gone() >= young ? open - young : open;
  }

 private:
  std::uint64_t window_ = 0;
  std::array<std::size_t, 2> came_{};  ///< In this window and the one before, and still open.
  std::array<std::size_t, 2> gone_{};
};

}  // namespace forkscope::gateway
