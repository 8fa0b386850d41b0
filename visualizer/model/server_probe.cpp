#include "model/server_probe.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "forkscope/telemetry/endpoint.h"
#include "model/control_socket.h"

namespace forkscope::model {

namespace {

bool lives(const net::Descriptor& process) {
  pollfd entry{process.get(), POLLIN, 0};
  return process && ::poll(&entry, 1, 0) == 0;  // pidfd_open(2): readable at exit
}

/// Of whoever listens at the other end. Empty where its pid means nothing here: another namespace.
net::Descriptor process_behind(const net::Descriptor& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) {
    return net::Descriptor();
  }
  return net::Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0)));
}

}  // namespace

bool ServerProbe::listens(std::uint16_t port) {
  struct stat file {};
  if (::stat(telemetry::control_socket_path(port).c_str(), &file) != 0) {
    listeners_.erase(port);
    return false;
  }
  const auto known = listeners_.find(port);
  if (known != listeners_.end()) {
    const Listener& listener = known->second;
    const bool same = listener.inode == file.st_ino &&
                      listener.bound.tv_sec == file.st_ctim.tv_sec &&
                      listener.bound.tv_nsec == file.st_ctim.tv_nsec;
    if (same && lives(listener.process)) return true;
    listeners_.erase(known);
  }
  const net::Descriptor socket = connect_to_control_socket(port);
  if (!socket) return errno == EAGAIN;  // its backlog is full, so there is one
  if (net::Descriptor process = process_behind(socket)) {
    listeners_[port] = {file.st_ino, file.st_ctim, std::move(process)};
  }
  return true;
}

void ServerProbe::keep_only(const std::vector<std::uint16_t>& ports) {
  std::erase_if(listeners_, [&ports](const auto& listener) {
    return std::find(ports.begin(), ports.end(), listener.first) == ports.end();
  });
}

}  // namespace forkscope::model
