// The value of the Date field (RFC 9110 section 6.6.1), formatted once per second.
#pragma once

#include <cstdint>
#include <string>

namespace forkscope::http {

class DateHeader {
 public:
  DateHeader() { renew(); }

  /// Looks at the clock.
  void renew();

  /// "Mon, 23 Nov 2026 08:49:37 GMT", as of the latest renew().
  const std::string& value() const { return value_; }

 private:
  std::uint64_t second_ = 0;
  std::string value_;
};

}  // namespace forkscope::http
