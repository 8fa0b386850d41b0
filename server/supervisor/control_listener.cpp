#include "supervisor/control_listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "forkscope/telemetry/endpoint.h"

namespace forkscope::supervisor {

namespace {

std::string trouble(const std::string& path, const char* reason) { return path + ": " + reason; }

/// Sees to it that the directory is there, is this user's own, and lets nobody else look into it.
/// Returns why that cannot be, or nothing.
std::string prepare(const std::string& directory) {
  const bool made = ::mkdir(directory.c_str(), 0700) == 0;
  const int error = errno;
  switch (const int why_not = telemetry::why_not_a_directory_of(directory, ::getuid())) {
    case 0: break;
    case EPERM: return trouble(directory, "it belongs to another user");
    case ENOTDIR: return trouble(directory, "it is not a directory");
    default: return trouble(directory, std::strerror(made ? why_not : error));
  }
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) return trouble(directory, std::strerror(errno));
  // mkdir(2) obeys the umask, and an older directory may be open to others.
  if ((info.st_mode & 0777) != 0700 && ::chmod(directory.c_str(), 0700) != 0) {
    return trouble(directory, std::strerror(errno));
  }
  return {};
}

/// Whether a server listens there: a file that a killed one has left behind refuses connections.
bool somebody_listens(const sockaddr_un& address) {
  const os::UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return !probe ||
         ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
         (errno != ECONNREFUSED && errno != ENOENT);
}

}  // namespace

bool ControlListener::has_plain_name() const {
  return path_ == telemetry::control_socket_path(port_);
}

bool ControlListener::is_in_place() const {
  if (!listener_) return false;
  return path_.starts_with(telemetry::runtime_directory() + '/') && owns(path_);
}

bool ControlListener::take_plain_name() {
  const std::string plain = telemetry::control_socket_path(port_);
  // A link, unlike rename(2), never replaces what is there.
  if (path_ == plain || ::link(path_.c_str(), plain.c_str()) != 0) return false;
  ::unlink(path_.c_str());
  path_ = plain;
  return true;
}

std::string ControlListener::bind(int backlog) {
  assert(!listener_ && "after release(), or its file would be left behind");
  if (std::string why_not = prepare(telemetry::runtime_directory()); !why_not.empty()) {
    return why_not;
  }
  os::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener) return std::string("no socket: ") + std::strerror(errno);
  for (unsigned number = 1; number <= telemetry::kMaxNamesakes; ++number) {
    const std::string path = telemetry::control_socket_path(port_, number);
    const auto address = telemetry::unix_address(path);
    if (!address) return trouble(path, "the path is too long");
    if (somebody_listens(*address)) continue;
    ::unlink(path.c_str());
    const mode_t mask = ::umask(0177);  // the file appears with 0600
    const int bound =
        ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
    const int error = errno;
    ::umask(mask);
    if (bound != 0 && error == EADDRINUSE) continue;  // somebody else was faster
    if (bound != 0) return trouble(path, std::strerror(error));
    file_.reset(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    path_ = path;
    if (!file_ || ::listen(listener.get(), backlog) != 0) {
      std::string why_not = trouble(path, std::strerror(errno));
      release();
      return why_not;
    }
    listener_ = std::move(listener);
    return {};
  }
  return trouble(telemetry::control_socket_path(port_), "too many servers have this port");
}

void ControlListener::release() {
  if (owns(path_)) ::unlink(path_.c_str());
  listener_.reset();
  file_.reset();
  path_.clear();
}

bool ControlListener::owns(const std::string& path) const {
  struct stat own {};
  struct stat there {};
  return file_ && ::fstat(file_.get(), &own) == 0 && ::lstat(path.c_str(), &there) == 0 &&
         own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

}  // namespace forkscope::supervisor
