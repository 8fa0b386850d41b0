// A client of the server's control socket, and the few HTTP requests that fire faults.
//
// Used by the visualizer's buttons and keys. Every call is answered or given up within a bounded
// time; none blocks a frame: requests that hang by design are sent without waiting for an answer.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "model/one_shot_request.h"
#include "net/tcp_client.h"

namespace forkscope::model {

struct Outcome {
  bool ok = false;
  std::string message;  ///< One line for people: what was done, or why not.
};

class ControlClient {
 public:
  /// `host` and `port` as the segment's header names them. `socket`: the path of its control
  /// socket, which may change while the server runs (endpoint.h).
  ControlClient(const std::string& host, std::uint16_t port, std::string socket);
  void use_socket(const std::string& path) { socket_ = path; }

  /// Has the primary send a signal: "KILL", "STOP", "CONT", "ABRT".
  Outcome signal(std::uint32_t worker, const std::string& signal);
  /// Sets the wanted number of workers.
  Outcome scale(std::uint32_t workers);
  /// Begins a rolling reload.
  Outcome reload();

  /// Sends `GET <target>` on a connection of its own and lets go of it after the answer or when
  /// the server closes it; returns at once.
  Outcome fire(const std::string& target);
  /// Reads away the answers of what was fired. Call it once per frame.
  void poll();

  // The same as a line to type, for the screen.
  std::string curl_line(const std::string& target) const;
  static std::string kill_line(const std::string& signal, std::uint32_t pid);
  /// `command`: "scale 5", "reload".
  std::string ctl_line(const std::string& command) const;

 private:
  Outcome ask(const nlohmann::json& command, std::string done) const;

  std::uint16_t port_;
  std::string socket_;
  std::optional<net::TcpAddress> address_;
  std::vector<OneShotRequest> pending_;  // fired, and not over yet; bounded
};

}  // namespace forkscope::model
