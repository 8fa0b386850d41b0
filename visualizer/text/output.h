// Standard output or error for a program that must never wait for whoever reads it: a terminal
// behind a dead ssh, one stopped with Ctrl-S, a pipe into a pager.
//
// Terminals and pipes are opened anew, so that O_NONBLOCK holds for this program alone: the flag
// belongs to the open file description, which standard output shares with the shell (fcntl(2)).
// Main thread only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "os/unique_fd.h"

namespace forkscope::text {

class Output {
 public:
  /// `descriptor` is borrowed.
  explicit Output(int descriptor);

  /// Writes what there is room for and keeps the rest for flush(). False: nobody reads it any more.
  bool write(std::string_view bytes);
  /// Goes on with what was kept. False: likewise.
  bool flush();
  /// Bytes that have been kept.
  std::size_t kept() const { return kept_.size(); }
  /// Gives up what has been kept.
  void discard() { kept_.clear(); }

  /// What to wait for with poll(2) until there is room; -1: nothing has been kept.
  int awaited() const { return kept_.empty() ? -1 : descriptor(); }

 private:
  int descriptor() const { return own_ ? own_.get() : given_; }
  std::size_t room() const;

  int given_;
  os::UniqueFd own_;  // the same file, opened anew
  std::string kept_;
};

}  // namespace forkscope::text
