// A user who has as many descriptors watched by epoll as the system allows one (epoll(7),
// max_user_watches): between take() and give_back(), the primary of a server that was started with
// environment() can have no other one watched. The real thing takes a million descriptors.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace forkscope::support {

class NoMoreWatches {
 public:
  /// For ServerOptions::environment.
  std::vector<std::string> environment() const {
    return {"LD_PRELOAD=" NO_MORE_WATCHES_PRELOAD, "NO_MORE_WATCHES=" + file_.string()};
  }
  void take() { std::ofstream{file_}; }
  void give_back() { std::filesystem::remove(file_); }

 private:
  TempDir directory_;
  std::filesystem::path file_ = directory_.path() / "none";
};

}  // namespace forkscope::support
