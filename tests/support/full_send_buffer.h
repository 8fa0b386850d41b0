// A client that does not read: from the start until make_room(), a server that was started with
// environment() finds no room for a "100 Continue". The real thing takes megabytes that end within
// a few bytes of the end of two kernel buffers.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace forkscope::support {

class FullSendBuffer {
 public:
  FullSendBuffer() { std::ofstream{file_}; }

  /// For ServerOptions::environment.
  std::vector<std::string> environment() const {
    return {"LD_PRELOAD=" FULL_SEND_BUFFER_PRELOAD, "FULL_SEND_BUFFER=" + file_.string()};
  }
  /// The kernel says so with the next event of the socket.
  void make_room() { std::filesystem::remove(file_); }

 private:
  TempDir directory_;
  std::filesystem::path file_ = directory_.path() / "full";
};

}  // namespace forkscope::support
