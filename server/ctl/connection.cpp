#include "ctl/connection.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "control/question.h"
#include "forkscope/telemetry/endpoint.h"

namespace forkscope::ctl {

namespace {

using nlohmann::ordered_json;
using telemetry::ControlEndpoint;

constexpr std::chrono::milliseconds kTimeout{5'000};

struct Candidate {
  ControlEndpoint endpoint;
  os::UniqueFd fd;
  std::string who = {};  ///< "127.0.0.1, pid 4711"
  bool stopping = false;
};

std::string error_text() { return std::strerror(errno); }

os::UniqueFd connect(const ControlEndpoint& endpoint) {
  return telemetry::connect_to(endpoint, static_cast<int>(kTimeout.count()));
}

/// The servers that listen on the port. What lies in their places and cannot be used is added to
/// `remarks`.
std::vector<Candidate> candidates_on(std::uint16_t port, const telemetry::ControlPlaces& places,
                                     std::string& remarks) {
  std::vector<Candidate> found;
  for (const ControlEndpoint& endpoint : places.endpoints) {
    if (endpoint.port != port) continue;
    os::UniqueFd fd = connect(endpoint);
    if (fd) {
      found.push_back({endpoint, std::move(fd)});
    } else if (!control::means_no_server(errno)) {
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
    if (!known && connect(endpoint)) {
      ports.push_back(endpoint.port);
    }
  }
  std::string list;
  for (const std::uint16_t port : ports) list += (list.empty() ? "" : ", ") + std::to_string(port);
  if (list.empty()) return {};
  return (ports.size() == 1 ? "there is one on port " : "there are some on ports ") + list;
}

/// Asks the server for the address that it listens on, and the kernel for its process. The
/// connection is closed afterwards.
void ask_who(Candidate& candidate) {
  candidate.who = "pid " + std::to_string(telemetry::peer_of(candidate.fd.get()));
  try {
    const ordered_json status = ask(std::move(candidate.fd), {{"cmd", "status"}});
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
    if (first_stopping - found.begin() == 1) return connect_to_path(found.front().endpoint.path);
    std::string list;
    for (const Candidate& candidate : found) {
      list += "\n  --socket " + candidate.endpoint.path + "  (" + candidate.who + ')';
    }
    throw std::runtime_error(std::to_string(found.size()) + " servers on port " +
                             std::to_string(port) + "; choose one with" + list);
  }
  return std::move(found.front().fd);
}

os::UniqueFd connect_to_path(const std::string& path) {
  os::UniqueFd fd = connect(telemetry::control_endpoint_at(path));
  if (!fd)
    throw std::runtime_error("no server of this user at " + path + " (" + error_text() + ')');
  return fd;
}

ordered_json ask(os::UniqueFd server, const ordered_json& command) {
  control::Answer answer = control::Question(std::move(server), command).wait(kTimeout);
  if (answer.body.is_object()) return std::move(answer.body);
  throw std::runtime_error(answer.error);
}

}  // namespace forkscope::ctl
