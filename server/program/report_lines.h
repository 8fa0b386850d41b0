// Lines out of the bytes of a pipe. Owns no more than the beginning of one line, whatever comes: of
// a line that is too long, kMaxReportBytes are kept, which is no report (report.h).
#pragma once

#include <string>
#include <string_view>

namespace forkscope::program {

class ReportLines {
 public:
  /// Some bytes; they stay valid until next() has given nothing.
  void feed(std::string_view bytes) { unread_ = bytes; }
  /// The next whole line, without its line feed, valid until the next call. False: there is none
  /// yet.
  bool next(std::string_view& line);

 private:
  std::string_view unread_;
  std::string begun_;  ///< A line whose end has not come.
  bool taken_ = true;  ///< begun_ was given out, or is empty.
};

}  // namespace forkscope::program
