#include "supervisor/control_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "forkscope/telemetry/names.h"
#include "os/descriptor_passing.h"

namespace forkscope::supervisor {

using nlohmann::ordered_json;

namespace {

/// Whether the client is of the same user, or root, who could do by himself all that a command
/// does.
bool may_attach(int fd) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 &&
         (peer.uid == ::getuid() || peer.uid == 0);
}

ordered_json failure(const std::string& reason) { return {{"ok", false}, {"error", reason}}; }

/// The reply as a line, in which bytes that are not UTF-8 are replaced.
std::string line_of(const ordered_json& reply) {
  return reply.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string no_room(int error) { return std::string("epoll_ctl: ") + std::strerror(error); }

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
  // A number that is too large stays too large, also when it is cut to 32 bits.
  const auto wanted =
      std::min<std::uint64_t>(workers->get<std::uint64_t>(), telemetry::kMaxSlots + 1);
  if (const auto why_not = commands.scale(static_cast<std::uint32_t>(wanted))) {
    return failure(*why_not);
  }
  return {{"ok", true}};
}

ordered_json protect_reply(Commands& commands, const ordered_json& command) {
  const auto on = command.find("on");
  if (on == command.end() || !on->is_boolean()) return failure("\"on\" has to be true or false");
  if (const auto why_not = commands.protect(on->get<bool>())) return failure(*why_not);
  return {{"ok", true}};
}

ordered_json balance_reply(Commands& commands, const ordered_json& command) {
  if (const auto name = command.find("policy"); name != command.end()) {
    const std::string wanted = name->is_string() ? name->get<std::string>() : "";
    const std::string wrong = telemetry::check_balance_policy(wanted);
    if (!wrong.empty()) return failure("\"policy\" " + wrong);
    const auto why_not = commands.balance(*telemetry::balance_policy(wanted));
    if (why_not) return failure(*why_not);
  }
  return {{"ok", true}, {"balance", to_string(commands.balance())}};
}

}  // namespace

ControlSocket::ControlSocket(std::uint16_t port, int segment_fd, Commands& commands)
    : listener_(port), segment_fd_(segment_fd), commands_(commands) {}

std::optional<ControlSocket::News> ControlSocket::keep_bound() {
  if (listener_.is_in_place()) {
    if (!listener_.take_plain_name()) return std::nullopt;
    return News{News::Kind::fine, "the control socket has its plain name: " + listener_.path()};
  }
  const bool had_one = listener_.fd() >= 0;
  if (had_one) loop_.remove(listener_.fd());  // see disconnect()
  listener_.release();
  std::string why_not = listener_.bind(kMaxClients);
  if (why_not.empty() && !loop_.try_add(listener_.fd(), EPOLLIN, 0)) {
    why_not = listener_.path() + ": " + no_room(errno);
    listener_.release();
  }
  if (!why_not.empty()) {
    if (std::exchange(why_not_, why_not) == why_not) return std::nullopt;
    return News{News::Kind::trouble, "nobody can attach: " + why_not +
                                         " (ctl and the visualizer need the control socket there)"};
  }
  accepting_ = true;
  const bool had_trouble = !std::exchange(why_not_, {}).empty();
  if (had_one || had_trouble) {
    return News{News::Kind::fine, "the control socket is bound: " + listener_.path()};
  }
  if (listener_.has_plain_name()) return std::nullopt;
  return News{
      News::Kind::fine,
      "another server of this user has the same port: the control socket is " + listener_.path()};
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
  os::UniqueFd fd(::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  // Whoever waits stays in the queue, and epoll would say so again at once (accept(2)).
  if (!fd && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
    loop_.modify(listener_.fd(), 0, 0);
    accepting_ = false;
  }
  if (!fd || !may_attach(fd.get())) return;
  // Whoever sits on all places can't keep others out: the one that came first has to go.
  if (clients_.size() >= kMaxClients) disconnect(clients_.front());
  clients_.push_back({std::move(fd), {}, {}});
  Client& client = clients_.back();
  if (loop_.try_add(client.fd.get(), EPOLLIN, reinterpret_cast<std::uint64_t>(&client))) return;
  const std::string refusal = line_of(failure("no room for you: " + no_room(errno)));
  ::send(client.fd.get(), refusal.data(), refusal.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  clients_.pop_back();
}

void ControlSocket::retry_accept() {
  if (std::exchange(accepting_, true) || listener_.fd() < 0) return;
  loop_.modify(listener_.fd(), EPOLLIN, 0);
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
  if (*verb == "protect") return send(client, protect_reply(commands_, command));
  if (*verb == "balance") return send(client, balance_reply(commands_, command));
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
  client.unsent += line_of(reply);
  return flush(client);
}

bool ControlSocket::send_segment(Client& client, const ordered_json& reply) {
  if (!client.unsent.empty()) return false;  // it doesn't read its answers
  return os::send_with_descriptors(client.fd.get(), line_of(reply), {&segment_fd_, 1});
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
