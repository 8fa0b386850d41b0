// Lines for a file or another program, one per event.
//
// A reader that does not read holds nothing up: lines are kept for it, up to a megabyte, then left
// out, and their number is told as soon as there is room again. Main thread only.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "text/charset.h"
#include "text/output.h"

namespace forkscope::text {

class LineLog {
 public:
  /// Both are borrowed.
  explicit LineLog(int lines = STDOUT_FILENO, int notices = STDERR_FILENO)
      : lines_(lines), notices_(notices) {}

  /// `line` ends with a newline.
  void add(std::string_view line);
  /// To standard error.
  void complain(std::string_view notice);
  /// Writes what there is room for. False: nobody reads it any more.
  bool flush();
  /// What to wait for until there is more room; see Output.
  int awaited() const { return lines_.awaited(); }

 private:
  Output lines_;
  Output notices_;
  const Charset charset_ = charset_of_environment(Reader::program);
  std::uint64_t left_out_ = 0;
};

}  // namespace forkscope::text
