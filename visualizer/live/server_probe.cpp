#include "live/server_probe.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "forkscope/telemetry/segment_view.h"

namespace forkscope::live {

namespace {

bool lives(const os::UniqueFd& process) {
  pollfd entry{process.get(), POLLIN, 0};
  return process && ::poll(&entry, 1, 0) == 0;  // pidfd_open(2): readable at exit
}

}  // namespace

bool ServerProbe::listens(const telemetry::ControlEndpoint& server) {
  struct stat file {};
  if (::stat(server.path.c_str(), &file) != 0) {
    listeners_.erase(server.path);
    return false;
  }
  const auto known = listeners_.find(server.path);
  if (known != listeners_.end()) {
    const Listener& listener = known->second;
    const bool same = listener.inode == file.st_ino &&
                      listener.bound.tv_sec == file.st_ctim.tv_sec &&
                      listener.bound.tv_nsec == file.st_ctim.tv_nsec;
    if (same && lives(listener.process)) return true;
    listeners_.erase(known);
  }
  const os::UniqueFd socket(telemetry::connect_to(server, /*timeout_ms=*/0));
  if (!socket) return errno == EAGAIN;  // its backlog is full, so there is one
  const pid_t pid = telemetry::peer_of(socket.get());
  os::UniqueFd process(pid > 0 ? static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)) : -1);
  if (process) listeners_[server.path] = {file.st_ino, file.st_ctim, pid, std::move(process)};
  return true;
}

pid_t ServerProbe::pid(const telemetry::ControlEndpoint& server) const {
  const auto known = listeners_.find(server.path);
  return known != listeners_.end() ? known->second.pid : 0;
}

std::string ServerProbe::host(const telemetry::ControlEndpoint& server) {
  const auto known = listeners_.find(server.path);
  if (known == listeners_.end()) return {};
  Listener& listener = known->second;
  if (!listener.question) listener.question.emplace(server, nlohmann::json{{"cmd", "status"}});
  if (listener.host.empty() && listener.question->ready()) {
    const control::Answer answer = listener.question->wait(std::chrono::milliseconds(1));
    const auto host = answer.body.find("host");
    if (host != answer.body.end() && host->is_string()) {
      listener.host = telemetry::printable(host->get<std::string>());
    }
  }
  return listener.host;
}

void ServerProbe::keep_only(const std::vector<telemetry::ControlEndpoint>& servers) {
  std::erase_if(listeners_, [&servers](const auto& listener) {
    return std::none_of(servers.begin(), servers.end(),
                        [&](const auto& server) { return server.path == listener.first; });
  });
}

}  // namespace forkscope::live
