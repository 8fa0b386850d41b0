// A program that a test runs beside itself, with what it writes and how it ends.
//
// Killed when the object goes, if it has not ended by then.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "os/child_process.h"
#include "os/unique_fd.h"
#include "support/temp_dir.h"

namespace forkscope::visualizer_test {

struct Command {
  std::vector<std::string> line;  ///< Program (looked up in PATH) and arguments.
  /// Changes to this process's environment; nothing = not set.
  std::map<std::string, std::optional<std::string>> environment = {};
  /// Of 100 columns and 24 rows, as standard input and output; otherwise there is nothing to type.
  bool on_terminal = false;
};

class Program {
 public:
  explicit Program(const Command& command);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return child_.pid(); }
  /// What it has written to standard output and standard error so far.
  std::string output() const;
  std::string errors() const;
  /// On its terminal.
  void type(const std::string& keys) const;
  /// Where it runs: an empty directory of its own, but for the files of output() and errors().
  const std::filesystem::path& directory() const { return directory_.path(); }

  void signal(int number) const;
  bool has_ended();
  /// The exit code, or 128 + the signal that killed it, as a shell has it. Throws
  /// std::runtime_error when it still runs after `timeout`.
  int wait_for_exit(std::chrono::milliseconds timeout = std::chrono::seconds(20));

 private:
  support::TempDir directory_;
  os::UniqueFd terminal_;          // our side of it
  mutable std::string displayed_;  // what has been read from there
  os::ChildProcess child_;
  std::optional<int> exit_code_;
};

}  // namespace forkscope::visualizer_test
