// The line that tells the user something, and goes after a while. The latest takes the place of the
// one before. Plain value; time is an argument: CLOCK_MONOTONIC.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace forkscope::operation {

class Notice {
 public:
  explicit Notice(std::uint64_t stays_ns) : stays_ns_(stays_ns) {}

  /// Nothing to say leaves what is said.
  void say(std::string text, std::uint64_t now_ns) {
    if (text.empty()) return;
    text_ = std::move(text);
    until_ns_ = now_ns + stays_ns_;
  }
  void clear() { text_.clear(); }
  /// Empty: there is nothing to say.
  std::string text(std::uint64_t now_ns) const { return now_ns < until_ns_ ? text_ : ""; }

 private:
  std::uint64_t stays_ns_;
  std::uint64_t until_ns_ = 0;
  std::string text_;
};

}  // namespace forkscope::operation
