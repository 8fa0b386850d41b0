// A directory that lives as long as its object: for databases, sockets and logs of one test.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace forkscope::support {

class TempDir {
 public:
  TempDir() {
    // Not in $TMPDIR where that is long: the path of a Unix socket has to fit into 107 bytes (man 7
    // unix).
    constexpr std::size_t kLong = 40;
    const char* wanted = std::getenv("TMPDIR");
    const std::string parent = wanted ? wanted : "";
    std::string name =
        (parent.empty() || parent.size() > kLong ? "/tmp" : parent) + "/forkscope-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), name);
    }
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;  // What cannot be removed must not end the test program.
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace forkscope::support
