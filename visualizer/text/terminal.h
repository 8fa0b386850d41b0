// Standard output as a terminal: its size, its keys, and a screen of its own that is left as it was
// found.
//
// Uses the alternate screen and hides the cursor between construction and destruction, so whoever
// owns one must end by returning, not by a signal: see Signals. Main thread only.
#pragma once

#include <termios.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "net/descriptor.h"
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
  /// Draws over what is there, line by line, without clearing first: nothing flickers. False: the
  /// terminal is gone.
  bool show(const std::vector<std::string>& lines) const;
  /// What was typed since the last call; keys beyond the first come as their escape sequences.
  /// Never waits.
  std::string keys() const;

  /// Gives the terminal back to the shell, stops this process as Ctrl-Z should, and takes the
  /// terminal again when it goes on (termios(3), signal(7)).
  void suspend();

 private:
  void enter();
  void leave();

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
  /// Waits until one of them comes, but no longer than `timeout`.
  Woken wait(std::chrono::milliseconds timeout, bool for_keys) const;

 private:
  net::Descriptor signals_;
};

/// Writes all of it to standard output. False: nobody reads it any more.
bool write_out(std::string_view bytes);

}  // namespace forkscope::text
