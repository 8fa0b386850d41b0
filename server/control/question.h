// One question to a server's control socket (supervisor/control_socket.h), and its answer.
//
// A connection is opened for each question and closed after the answer: whoever asks takes none of
// the primary's few places for longer. Owns the connection. Used by `todos-server ctl` and by the
// visualizer; one thread per question.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "forkscope/telemetry/endpoint.h"
#include "os/unique_fd.h"

namespace forkscope::control {

struct Answer {
  enum class Result {
    ok,         ///< The server did it; `body` and perhaps `descriptor` are its answer.
    refused,    ///< The server would not; `body` is its answer, `error` its reason.
    no_server,  ///< Nobody listens: no socket file, or one that a killed server has left behind.
    failed,     ///< Late, lost or not understood; `error` says so in one sentence.
  };
  Result result = Result::failed;
  std::string error = {};
  nlohmann::ordered_json body = {};
  os::UniqueFd descriptor = {};  ///< Sent along by SCM_RIGHTS (unix(7)).
};

/// Whether telemetry::connect_to() has failed with this error because nobody listens.
bool means_no_server(int error);

/// A question that is on its way. A server that does not answer now may do so later: whoever asks
/// again and again keeps one question and waits for it again, since each connection that nobody
/// accepts takes a place in the server's backlog (listen(2)) for good.
class Question {
 public:
  /// Connects and sends; never blocks.
  Question(const telemetry::ControlEndpoint& server, const nlohmann::ordered_json& command);
  /// Sends it over a connection that there is already; never blocks.
  Question(os::UniqueFd connection, const nlohmann::ordered_json& command);

  /// The answer, or why there will be none, as soon as that is known, and once. Never blocks.
  std::optional<Answer> poll();
  /// Waits `bound` at the most. An answer that is late is `failed`, and pending() stays true.
  Answer wait(std::chrono::milliseconds bound);
  /// Whether an answer may still come, or lies there unread.
  bool pending() const { return static_cast<bool>(socket_); }
  /// Whether wait() would not have to. One that has been answered is ready.
  bool ready() const;

 private:
  void send(const nlohmann::ordered_json& command);
  Answer finish(Answer answer);

  os::UniqueFd socket_;
  Answer at_once_;    ///< Why there is no socket.
  std::string text_;  ///< Of the answer, so far.
  os::UniqueFd descriptor_;
};

}  // namespace forkscope::control
