#include "forkscope/telemetry/endpoint.h"

#include <dirent.h>
#include <glob.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

namespace forkscope::telemetry {

namespace {

constexpr std::string_view kSuffix = ".sock";
constexpr std::string_view kTmpPrefix = "/tmp/forkscope-";

struct Place {
  std::string directory;
  uid_t user;  // whose it has to be
};

std::string tmp_directory(uid_t user) { return std::string(kTmpPrefix) + std::to_string(user); }

/// XDG Base Directory Specification: absolute, a directory, and owned by the user.
bool is_own_directory(const char* path) {
  struct stat info {};
  return *path == '/' && ::stat(path, &info) == 0 && S_ISDIR(info.st_mode) &&
         info.st_uid == ::getuid();
}

const char* set_directory() {
  const char* set = std::getenv("FORKSCOPE_RUNTIME_DIR");
  return set != nullptr && *set != '\0' ? set : nullptr;
}

/// "8000.sock", "8000-2.sock" → 8000; 0: neither.
std::uint16_t port_of(std::string_view file_name) {
  if (!file_name.ends_with(kSuffix)) return 0;
  file_name.remove_suffix(kSuffix.size());
  const char* const end = file_name.data() + file_name.size();
  std::uint16_t port = 0;
  auto parsed = std::from_chars(file_name.data(), end, port);
  if (parsed.ec != std::errc{}) return 0;
  if (parsed.ptr != end && *parsed.ptr == '-') {
    unsigned number = 0;
    parsed = std::from_chars(parsed.ptr + 1, end, number);
    if (parsed.ec != std::errc{}) return 0;
  }
  return parsed.ptr == end ? port : 0;
}

uid_t owner_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_uid : ::getuid();
}

/// Those of all users and services, for root. Only root can make a directory in /run, but anybody
/// in /tmp: there the name has to say who.
void add_places_of_others(std::vector<Place>& places) {
  for (const char* pattern : {"/run/user/*/forkscope", "/run/*/forkscope", "/tmp/forkscope-*"}) {
    glob_t found{};
    if (::glob(pattern, 0, nullptr, &found) == 0) {
      for (std::size_t i = 0; i < found.gl_pathc; ++i) {
        const std::string path = found.gl_pathv[i];
        const uid_t owner = owner_of(path);
        if (path.starts_with(kTmpPrefix) && path != tmp_directory(owner)) continue;
        places.push_back({path, owner});
      }
    }
    ::globfree(&found);
  }
}

std::vector<Place> places_to_look_in() {
  const uid_t user = ::getuid();
  if (const char* only = set_directory()) return {{only, user}};
  std::vector<Place> places = {{runtime_directory(), user}};
  const std::string of_session = "/run/user/" + std::to_string(user);
  if (is_own_directory(of_session.c_str())) places.push_back({of_session + "/forkscope", user});
  places.push_back({tmp_directory(user), user});
  if (user == 0) add_places_of_others(places);
  return places;
}

void list_sockets(const std::string& directory, std::vector<ControlEndpoint>& endpoints) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(directory.c_str()), ::closedir);
  if (!entries) return;
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(entries.get())) names.emplace_back(entry->d_name);
  std::sort(names.begin(), names.end(), [](const std::string& left, const std::string& right) {
    return std::pair(left.size(), left) < std::pair(right.size(), right);
  });
  for (const std::string& name : names) {
    if (const std::uint16_t port = port_of(name))
      endpoints.push_back({port, directory + '/' + name});
  }
}

bool is_trusted(int socket, const std::string& path) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0) return false;
  const uid_t user = ::getuid();
  const std::string directory = std::filesystem::absolute(path).parent_path().string();
  return peer.uid == user || (user == 0 && peer.uid == owner_of(directory));
}

}  // namespace

std::string runtime_directory() {
  if (const char* only = set_directory()) return only;
  const char* base = std::getenv("XDG_RUNTIME_DIR");
  if (base != nullptr && is_own_directory(base)) return std::string(base) + "/forkscope";
  return tmp_directory(::getuid());
}

std::string control_socket_path(std::uint16_t port, unsigned number) {
  return runtime_directory() + '/' + std::to_string(port) +
         (number == 1 ? std::string() : '-' + std::to_string(number)) + std::string(kSuffix);
}

int why_not_a_directory_of(const std::string& path, uid_t user) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return errno;
  if (!S_ISDIR(info.st_mode)) return ENOTDIR;
  return info.st_uid == user ? 0 : EPERM;
}

std::optional<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

ControlEndpoint control_endpoint_at(const std::string& path) {
  return {port_of(std::filesystem::path(path).filename().string()), path};
}

ControlPlaces find_control_sockets() {
  ControlPlaces found;
  std::vector<std::filesystem::path> seen;
  for (const Place& place : places_to_look_in()) {
    std::error_code unknown;
    const auto real = std::filesystem::weakly_canonical(place.directory, unknown);
    if (std::find(seen.begin(), seen.end(), real) != seen.end()) continue;
    seen.push_back(real);
    const int why_not = why_not_a_directory_of(place.directory, place.user);
    if (why_not == EPERM || why_not == ENOTDIR) {
      found.ignored += (found.ignored.empty() ? "" : " ") + place.directory +
                       (why_not == EPERM ? " belongs to another user" : " is not a directory") +
                       ", and is ignored.";
      continue;
    }
    found.looked_in += (found.looked_in.empty() ? "" : " and ") + place.directory;
    if (why_not == 0) list_sockets(place.directory, found.endpoints);
  }
  std::stable_sort(found.endpoints.begin(), found.endpoints.end(),
                   [](const auto& left, const auto& right) { return left.port < right.port; });
  return found;
}

os::UniqueFd connect_to(const ControlEndpoint& endpoint, int timeout_ms) {
  const auto address = unix_address(endpoint.path);
  if (!address) {
    errno = ENAMETOOLONG;
    return {};
  }
  const int flags = timeout_ms == 0 ? SOCK_CLOEXEC | SOCK_NONBLOCK : SOCK_CLOEXEC;
  os::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | flags, 0));
  if (!socket) return {};
  const timeval timeout{timeout_ms / 1000, timeout_ms % 1000 * 1000};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  int error = 0;
  const auto* to = reinterpret_cast<const sockaddr*>(&*address);
  if (::connect(socket.get(), to, sizeof *address) != 0) {
    error = errno;
  } else if (!is_trusted(socket.get(), endpoint.path)) {
    error = EPERM;
  }
  if (error == 0) return socket;
  socket.reset();
  errno = error;
  return {};
}

pid_t peer_of(int socket) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 ? peer.pid : 0;
}

}  // namespace forkscope::telemetry
