#include "ctl/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "forkscope/telemetry/endpoint.h"

namespace forkscope::ctl {

namespace {

using nlohmann::ordered_json;
using telemetry::ControlEndpoint;

constexpr int kTimeoutMs = 5'000;

struct Candidate {
  std::string path;
  os::UniqueFd fd;
  std::string who = {};  ///< "127.0.0.1, pid 4711"
  bool stopping = false;
};

std::string error_text() { return std::strerror(errno); }

bool means_nobody(int error) { return error == ENOENT || error == ECONNREFUSED; }

/// Those that listen. What lies there, but cannot be used, is added to `remarks`.
std::vector<Candidate> candidates_on(std::uint16_t port, const telemetry::ControlPlaces& places,
                                     std::string& remarks) {
  std::vector<Candidate> found;
  for (const ControlEndpoint& endpoint : places.endpoints) {
    if (endpoint.port != port) continue;
    os::UniqueFd fd(telemetry::connect_to(endpoint, kTimeoutMs));
    if (fd) {
      found.push_back({endpoint.path, std::move(fd)});
    } else if (!means_nobody(errno)) {
      remarks += ' ' + endpoint.path + ": " + error_text() + '.';
    }
  }
  return found;
}

/// "there is one on port 8001", "there are some on ports 8001, 8002"; nothing where there is none.
std::string others_there_are(const telemetry::ControlPlaces& places) {
  std::vector<std::uint16_t> ports;
  for (const ControlEndpoint& endpoint : places.endpoints) {
    const bool known = std::find(ports.begin(), ports.end(), endpoint.port) != ports.end();
    if (!known && os::UniqueFd(telemetry::connect_to(endpoint, kTimeoutMs))) {
      ports.push_back(endpoint.port);
    }
  }
  std::string list;
  for (const std::uint16_t port : ports) list += (list.empty() ? "" : ", ") + std::to_string(port);
  if (list.empty()) return {};
  return (ports.size() == 1 ? "there is one on port " : "there are some on ports ") + list;
}

/// Where it listens it has to say itself; the process is known from the connection.
void ask_who(Candidate& candidate) {
  candidate.who = "pid " + std::to_string(telemetry::peer_of(candidate.fd.get()));
  try {
    const ordered_json status = ask(candidate.fd, {{"cmd", "status"}});
    candidate.who = status.value("host", "?") + ", " + candidate.who;
    candidate.stopping = status.value("stopping", false);
    if (candidate.stopping) candidate.who += ", stopping";
  } catch (const std::exception& error) {
    candidate.who += ", " + std::string(error.what());
  }
}

}  // namespace

os::UniqueFd connect_to_port(std::uint16_t port) {
  const telemetry::ControlPlaces places = telemetry::find_control_sockets();
  std::string remarks = places.ignored.empty() ? "" : ' ' + places.ignored;
  std::vector<Candidate> found = candidates_on(port, places, remarks);
  if (found.empty()) {
    const std::string others = others_there_are(places);
    throw std::runtime_error(
        "no server of this user on port " + std::to_string(port) +
        (places.looked_in.empty() ? "" : " (looked in " + places.looked_in + ')') +
        (others.empty() ? "" : "; " + others) + '.' + remarks);
  }
  if (found.size() > 1) {
    for (Candidate& candidate : found) ask_who(candidate);
    const auto first_stopping = std::stable_partition(
        found.begin(), found.end(), [](const Candidate& candidate) { return !candidate.stopping; });
    if (first_stopping - found.begin() == 1) return std::move(found.front().fd);
    std::string list;
    for (const Candidate& candidate : found) {
      list += "\n  --socket " + candidate.path + "  (" + candidate.who + ')';
    }
    throw std::runtime_error(std::to_string(found.size()) + " servers on port " +
                             std::to_string(port) + "; choose one with" + list);
  }
  return std::move(found.front().fd);
}

os::UniqueFd connect_to_path(const std::string& path) {
  os::UniqueFd fd(telemetry::connect_to(telemetry::control_endpoint_at(path), kTimeoutMs));
  if (!fd)
    throw std::runtime_error("no server of this user at " + path + " (" + error_text() + ')');
  return fd;
}

ordered_json ask(const os::UniqueFd& server, const ordered_json& command) {
  const std::string line = command.dump() + "\n";
  const ssize_t sent = ::send(server.get(), line.data(), line.size(), MSG_NOSIGNAL);
  std::string answer;
  char bytes[4096];
  while (sent == static_cast<ssize_t>(line.size()) && !answer.ends_with('\n')) {
    const ssize_t count = ::recv(server.get(), bytes, sizeof bytes, 0);
    if (count <= 0) break;
    answer.append(bytes, static_cast<std::size_t>(count));
  }
  if (!answer.ends_with('\n')) throw std::runtime_error("the server does not answer");
  auto reply = ordered_json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!reply.is_object()) throw std::runtime_error("the server's answer makes no sense");
  return reply;
}

}  // namespace forkscope::ctl
