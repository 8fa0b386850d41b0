// One question to a server's control socket, and its answer.
//
// The socket is a Unix stream of newline-delimited JSON, one object per line. A connection is
// opened for each question and closed after the answer: a viewer takes none of the primary's few
// places.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "forkscope/telemetry/endpoint.h"
#include "net/descriptor.h"

namespace forkscope::live {

struct ControlAnswer {
  enum class Result {
    ok,         ///< The server did it; `body` and perhaps `descriptor` are its answer.
    no_server,  ///< Nobody listens: no socket file, or one that a killed server has left behind.
    failed,     ///< Refused, late or not understood; `error` says so in one sentence.
  };
  Result result = Result::failed;
  std::string error;
  nlohmann::json body;
  net::Descriptor descriptor;  ///< Sent along by SCM_RIGHTS (unix(7)).
};

/// A question that is on its way. A server that does not answer now may do so later: whoever asks
/// again and again keeps one question and waits for it again, since each connection that nobody
/// accepts takes a place in the server's backlog (listen(2)) for good.
class ControlQuestion {
 public:
  /// Connects and sends; never blocks.
  ControlQuestion(const telemetry::ControlEndpoint& server, const nlohmann::json& command);

  /// The answer, or why there will be none, as soon as that is known, and once. Never blocks.
  std::optional<ControlAnswer> poll();
  /// Waits `bound` at the most. An answer that is late is `failed`, and pending() stays true.
  ControlAnswer wait(std::chrono::milliseconds bound);
  /// Whether an answer may still come, or lies there unread.
  bool pending() const { return static_cast<bool>(socket_); }
  /// Whether wait() would not have to. One that has been answered is ready.
  bool ready() const;

 private:
  ControlAnswer finish(ControlAnswer answer);

  net::Descriptor socket_;
  ControlAnswer at_once_;  // why there is no socket
  std::string text_;       // of the answer, so far
  net::Descriptor descriptor_;
};

}  // namespace forkscope::live
