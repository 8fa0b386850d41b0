#include "http/date_header.h"

#include <ctime>

namespace forkscope::http {

void DateHeader::renew() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);  // a second is precise enough
  const auto second = static_cast<std::uint64_t>(now.tv_sec);
  if (second == second_) return;
  second_ = second;
  std::tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  char text[64];  // no locale is ever set: names are English
  value_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc));
}

}  // namespace forkscope::http
