// Standard output as a terminal: its size, its keys, and a screen of its own that is left as it was
// found.
//
// Uses the alternate screen and hides the cursor between construction and destruction, so whoever
// owns one must end by returning, not by a signal: see Signals. Main thread only.
#pragma once

#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "os/unique_fd.h"
#include "text/output.h"
#include "text/table_size.h"

namespace forkscope::text {

class Terminal {
 public:
  Terminal() { enter(); }
  ~Terminal() { leave(); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// As the terminal says right now (TIOCGWINSZ, ioctl_tty(2)); 80 × 24 if it does not know.
  TableSize size() const;
  /// Draws over what is there, line by line, without clearing first: nothing flickers. Never waits:
  /// what the terminal does not take yet is left to flush(), and a picture that comes before its
  /// predecessor has been taken is left out. False: the terminal is gone.
  bool show(const std::vector<std::string>& lines);
  /// Goes on with the latest picture. False: likewise.
  bool flush() { return output_.flush(); }
  /// What to wait for until it can go on; see Output.
  int awaited() const { return output_.awaited(); }
  /// What was typed since the last call; keys beyond the first come as their escape sequences.
  /// Never waits.
  std::string keys() const;

  /// Gives the terminal back to the shell, stops this process as Ctrl-Z should, and takes the
  /// terminal again when it goes on (termios(3), signal(7)).
  void suspend();

 private:
  void enter();
  void leave();

  Output output_{STDOUT_FILENO};
  bool has_keys_ = false;  // standard input is this terminal, and `before_` how it was
  termios before_{};
};

/// Signals as something to wait for (signalfd(2)) instead of an end in the middle of a line. Blocks
/// them for the calling thread, and unblocks them at the end.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  struct Woken {
    bool stop = false;     ///< INT, TERM or HUP.
    bool suspend = false;  ///< TSTP.
    bool resized = false;  ///< WINCH.
    bool keys = false;     ///< Standard input has something.
  };
  /// Waits until one of them comes or there is room in `output` (Output::awaited()), but no longer
  /// than `timeout`.
  Woken wait(std::chrono::milliseconds timeout, bool for_keys, int output) const;

 private:
  os::UniqueFd signals_;
};

}  // namespace forkscope::text
