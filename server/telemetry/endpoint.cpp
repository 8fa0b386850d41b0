#include "forkscope/telemetry/endpoint.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace forkscope::telemetry {

namespace {

constexpr std::string_view kSuffix = ".sock";

std::uint16_t port_of(std::string_view file_name) {
  if (!file_name.ends_with(kSuffix)) return 0;
  file_name.remove_suffix(kSuffix.size());
  std::uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(file_name.data(), file_name.data() + file_name.size(), port);
  return error == std::errc{} && end == file_name.data() + file_name.size() ? port : 0;
}

/// XDG Base Directory Specification: absolute, a directory, and owned by the user.
bool is_own_directory(const char* path) {
  struct stat info {};
  return *path == '/' && ::stat(path, &info) == 0 && S_ISDIR(info.st_mode) &&
         info.st_uid == ::getuid();
}

}  // namespace

std::string runtime_directory() {
  const char* base = std::getenv("XDG_RUNTIME_DIR");
  if (base != nullptr && is_own_directory(base)) return std::string(base) + "/forkscope";
  return "/tmp/forkscope-" + std::to_string(::getuid());
}

std::string control_socket_path(std::uint16_t port) {
  return runtime_directory() + "/" + std::to_string(port) + std::string(kSuffix);
}

std::vector<std::uint16_t> control_socket_ports() {
  std::vector<std::uint16_t> ports;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(runtime_directory().c_str()),
                                                      ::closedir);
  if (!directory) return ports;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (const std::uint16_t port = port_of(entry->d_name)) ports.push_back(port);
  }
  std::sort(ports.begin(), ports.end());
  return ports;
}

}  // namespace forkscope::telemetry
