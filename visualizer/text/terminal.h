// Standard output as a terminal: its size, and a screen of its own that is left as it was found.
//
// Uses the alternate screen and hides the cursor between construction and destruction, so whoever
// owns one must end by returning, not by a signal: see StopSignals. Main thread only.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "net/descriptor.h"
#include "text/table.h"

namespace forkscope::text {

class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// As the terminal says right now (TIOCGWINSZ, ioctl_tty(2)); 80 × 24 if it does not know.
  TableSize size() const;
  /// Draws over what is there, line by line, without clearing first: nothing flickers.
  void show(const std::vector<std::string>& lines) const;
};

/// INT, TERM and HUP as something to wait for (signalfd(2)) instead of an end in the middle of a
/// line. Blocks them for the calling thread, and unblocks them at the end.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// True once one of them has come; false after `timeout`.
  bool wait(std::chrono::milliseconds timeout) const;

 private:
  net::Descriptor signals_;
};

/// Writes all of it to standard output. False: nobody reads it any more.
bool write_out(const std::string& bytes);

}  // namespace forkscope::text
