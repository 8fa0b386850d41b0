// The value of the Date field (RFC 9110 section 6.6.1), formatted once per second.
#pragma once

#include <cstdint>
#include <string>

namespace forkscope::gateway {

class DateHeader {
 public:
  /// "Mon, 23 Nov 2026 08:49:37 GMT". Valid until the next call.
  const std::string& value();
  /// Seconds since the epoch, of the latest value().
  std::uint64_t second() const { return second_; }

 private:
  std::uint64_t second_ = 0;
  std::string value_;
};

}  // namespace forkscope::gateway
