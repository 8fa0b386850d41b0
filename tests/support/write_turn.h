// The turn to write, which a worker has as long as it writes (store/write_turn.h), taken by the
// test: while it holds it, no worker writes.
#pragma once

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "os/unique_fd.h"

namespace forkscope::support {

class WriteTurn {
 public:
  /// Not taken yet. Throws std::system_error where there is no database.
  explicit WriteTurn(const std::filesystem::path& database)
      : fd_(::open((database.string() + "-turn").c_str(), O_RDWR | O_CLOEXEC)) {
    if (!fd_) throw std::system_error(errno, std::generic_category(), database.string() + "-turn");
  }
  bool try_take() { return ::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0; }
  void release() { ::flock(fd_.get(), LOCK_UN); }

 private:
  os::UniqueFd fd_;
};

}  // namespace forkscope::support
