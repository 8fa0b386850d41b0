// A disk that fails once, on demand: for the files of a server that was started with environment().
// One worker at a time suffers it, whoever writes or syncs first.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace forkscope::support {

class FaultyDisk {
 public:
  /// Of the write-ahead log; kStallUnlock: of the lock that SQLite gives up after it.
  enum class Fault { kStallWrite, kStallUnlock, kStallSync, kFailSync };

  /// For ServerOptions::environment.
  std::vector<std::string> environment() const {
    return {"LD_PRELOAD=" FAULTY_DISK_PRELOAD, "FAULTY_DISK=" + directory_.path().string()};
  }
  void arm(Fault fault) { std::ofstream{file(fault)}; }
  /// Somebody suffers it, or has.
  bool has_struck(Fault fault) const { return !std::filesystem::exists(file(fault)); }

  /// Every sync of a log waits, until release_syncs().
  void hold_syncs() { std::ofstream{directory_.path() / "hold-syncs"}; }
  void release_syncs() { std::filesystem::remove(directory_.path() / "hold-syncs"); }
  /// Whose sync has had to wait so far.
  std::vector<pid_t> held() const {
    std::ifstream file(directory_.path() / "held");
    return {std::istream_iterator<pid_t>(file), {}};
  }

 private:
  std::filesystem::path file(Fault fault) const {
    return directory_.path() / (fault == Fault::kStallWrite    ? "stall-write"
                                : fault == Fault::kStallUnlock ? "stall-unlock"
                                : fault == Fault::kStallSync   ? "stall-sync"
                                                               : "fail-sync");
  }

  TempDir directory_;
};

}  // namespace forkscope::support
