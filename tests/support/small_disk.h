// A file system of one megabyte, for those who may mount one (mount(2)): others skip their test.
#pragma once

#include <sys/mount.h>

#include <filesystem>

#include "support/temp_dir.h"

namespace forkscope::support {

class SmallDisk {
 public:
  SmallDisk() { mounted_ = ::mount("none", path().c_str(), "tmpfs", 0, "size=1m") == 0; }
  ~SmallDisk() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  explicit operator bool() const { return mounted_; }
  const std::filesystem::path& path() const { return directory_.path(); }
  /// False, and errno, when that can't be.
  bool make_read_only() const {
    return ::mount("none", path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m") == 0;
  }

 private:
  TempDir directory_;
  bool mounted_ = false;
};

}  // namespace forkscope::support
