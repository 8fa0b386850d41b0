#include "supervisor/control_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "forkscope/telemetry/endpoint.h"
#include "forkscope/telemetry/layout.h"

namespace forkscope::supervisor {

using nlohmann::ordered_json;

namespace {

std::runtime_error error_with_path(const std::string& path, const char* reason) {
  return std::runtime_error("control socket " + path + ": " + reason);
}

/// A directory that nobody else could have put there or can look into.
void prepare_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    throw error_with_path(path, std::strerror(errno));
  }
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::getuid()) {
    throw error_with_path(path, "not a directory of this user");
  }
  if ((info.st_mode & 0777) != 0700 && ::chmod(path.c_str(), 0700) != 0) {
    throw error_with_path(path, std::strerror(errno));
  }
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw error_with_path(path, "path too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

os::UniqueFd unix_socket() {
  os::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) throw std::system_error(errno, std::generic_category(), "socket");
  return fd;
}

/// A file that a killed server has left behind refuses connections.
bool somebody_listens(const sockaddr_un& address) {
  const os::UniqueFd probe = unix_socket();
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
         (errno != ECONNREFUSED && errno != ENOENT);
}

bool same_user(int fd) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 && peer.uid == ::getuid();
}

ordered_json failure(const std::string& reason) { return {{"ok", false}, {"error", reason}}; }

int signal_by_name(const std::string& name) {
  static const std::map<std::string, int> kAllowed = {
      {"STOP", SIGSTOP}, {"CONT", SIGCONT}, {"KILL", SIGKILL}, {"ABRT", SIGABRT}};
  const auto found = kAllowed.find(name);
  return found == kAllowed.end() ? 0 : found->second;
}

ordered_json signal_reply(Commands& commands, const ordered_json& command) {
  const auto worker = command.find("worker");
  const auto signal = command.find("signal");
  if (worker == command.end() || !worker->is_number_unsigned()) {
    return failure("\"worker\" has to be a worker's number");
  }
  const int number = signal != command.end() && signal->is_string() ? signal_by_name(*signal) : 0;
  if (number == 0) return failure("\"signal\" has to be STOP, CONT, KILL or ABRT");
  const auto wanted = worker->get<std::uint64_t>();
  if (wanted > telemetry::kMaxSlots ||
      !commands.signal_worker(static_cast<std::uint32_t>(wanted), number)) {
    return failure("no such worker is running");
  }
  return {{"ok", true}};
}

ordered_json scale_reply(Commands& commands, const ordered_json& command) {
  const auto workers = command.find("workers");
  if (workers == command.end() || !workers->is_number_unsigned()) {
    return failure("\"workers\" has to be a number");
  }
  // One beyond what can ever be is as wrong as any other: no number is cut to fit.
  const auto wanted =
      std::min<std::uint64_t>(workers->get<std::uint64_t>(), telemetry::kMaxSlots + 1);
  if (const auto why_not = commands.scale(static_cast<std::uint32_t>(wanted))) {
    return failure(*why_not);
  }
  return {{"ok", true}};
}

}  // namespace

ControlSocket::ControlSocket(std::uint16_t port, int segment_fd, Commands& commands)
    : path_(telemetry::control_socket_path(port)), segment_fd_(segment_fd), commands_(commands) {
  prepare_directory(telemetry::runtime_directory());
  const sockaddr_un address = address_of(path_);
  if (somebody_listens(address)) {
    throw error_with_path(path_, "another server of this user is running there");
  }
  ::unlink(path_.c_str());
  listener_ = unix_socket();
  const mode_t mask = ::umask(0177);  // the file appears with 0600
  const int bound =
      ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  ::umask(mask);
  if (bound != 0) throw error_with_path(path_, std::strerror(error));
  if (::listen(listener_.get(), kMaxClients) != 0) {
    throw error_with_path(path_, std::strerror(errno));
  }
  loop_.add(listener_.get(), EPOLLIN, 0);
}

ControlSocket::~ControlSocket() {
  if (listener_) ::unlink(path_.c_str());
}

void ControlSocket::serve() {
  bool somebody_new = false;
  for (const epoll_event& event : loop_.wait(0)) {
    auto* client = reinterpret_cast<Client*>(event.data.u64);
    if (client == nullptr) {
      somebody_new = true;  // after the others: accept() may evict one of them
      continue;
    }
    bool keep = true;
    if ((event.events & EPOLLOUT) != 0) keep = flush(*client);
    if (keep && (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) keep = receive(*client);
    if (!keep) disconnect(*client);
  }
  if (somebody_new) accept();
}

void ControlSocket::accept() {
  os::UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd && (errno == EMFILE || errno == ENFILE)) {
    loop_.modify(listener_.get(), 0, 0);
    accepting_ = false;
  }
  if (!fd || !same_user(fd.get())) return;
  // Whoever sits on all places can't keep others out: the one that came first has to go.
  if (clients_.size() >= kMaxClients) disconnect(clients_.front());
  clients_.push_back({std::move(fd), {}, {}});
  Client& client = clients_.back();
  loop_.add(client.fd.get(), EPOLLIN, reinterpret_cast<std::uint64_t>(&client));
}

void ControlSocket::retry_accept() {
  if (std::exchange(accepting_, true)) return;
  loop_.modify(listener_.get(), EPOLLIN, 0);
}

// Closing alone would not end the events: a worker that has just been forked may still hold the
// descriptor, and epoll watches what is open, not who opened it (epoll(7), Questions and answers).
void ControlSocket::disconnect(Client& client) {
  loop_.remove(client.fd.get());
  clients_.remove_if([&](const Client& other) { return &other == &client; });
}

/// One command at most: what follows stays in the kernel, and epoll will say so again.
bool ControlSocket::receive(Client& client) {
  char bytes[kMaxLineBytes];
  const ssize_t waiting = ::recv(client.fd.get(), bytes, sizeof bytes, MSG_PEEK);
  if (waiting < 0) return errno == EAGAIN || errno == EINTR;
  if (waiting == 0) return false;
  const std::string_view peeked(bytes, static_cast<std::size_t>(waiting));
  const std::size_t end = peeked.find('\n');
  const std::size_t taken = end == std::string_view::npos ? peeked.size() : end + 1;
  if (::recv(client.fd.get(), bytes, taken, 0) != static_cast<ssize_t>(taken)) return false;
  client.line.append(peeked.substr(0, taken));
  if (client.line.size() > kMaxLineBytes) {
    send(client, failure("line too long"));
    return false;
  }
  return end == std::string_view::npos || answer(client, std::exchange(client.line, {}));
}

bool ControlSocket::answer(Client& client, std::string_view line) {
  const ordered_json command = ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
  const auto verb = command.is_object() ? command.find("cmd") : command.end();
  if (!command.is_object() || verb == command.end() || !verb->is_string()) {
    return send(client, failure("expected an object with \"cmd\", such as {\"cmd\":\"status\"}"));
  }
  if (*verb == "attach") {
    const std::string version =
        std::to_string(telemetry::kMajorVersion) + "." + std::to_string(telemetry::kMinorVersion);
    return send_segment(client, {{"ok", true}, {"version", version}});
  }
  if (*verb == "status") {
    ordered_json reply = {{"ok", true}};
    reply.update(commands_.status());
    return send(client, reply);
  }
  if (*verb == "signal") return send(client, signal_reply(commands_, command));
  if (*verb == "scale") return send(client, scale_reply(commands_, command));
  if (*verb == "reload") {
    commands_.reload();
    return send(client, {{"ok", true}});
  }
  if (*verb == "stop") {
    commands_.stop();
    return send(client, {{"ok", true}});
  }
  return send(client, failure("unknown command"));
}

bool ControlSocket::send(Client& client, const ordered_json& reply) {
  client.unsent += reply.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  return flush(client);
}

bool ControlSocket::send_segment(Client& client, const ordered_json& reply) {
  if (!client.unsent.empty()) return false;  // it doesn't read its answers
  std::string text = reply.dump() + "\n";
  iovec bytes = {text.data(), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &segment_fd_, sizeof(int));
  return ::sendmsg(client.fd.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(text.size());
}

bool ControlSocket::flush(Client& client) {
  while (!client.unsent.empty()) {
    const ssize_t count = ::send(client.fd.get(), client.unsent.data(), client.unsent.size(),
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) {
      if (errno != EAGAIN || client.unsent.size() > kMaxUnsentBytes) return false;
      loop_.modify(client.fd.get(), EPOLLIN | EPOLLOUT, reinterpret_cast<std::uint64_t>(&client));
      return true;
    }
    client.unsent.erase(0, static_cast<std::size_t>(count));
  }
  loop_.modify(client.fd.get(), EPOLLIN, reinterpret_cast<std::uint64_t>(&client));
  return true;
}

}  // namespace forkscope::supervisor
