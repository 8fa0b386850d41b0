// One question to a server's control socket, and its answer.
//
// The socket is a Unix stream of newline-delimited JSON, one object per line. A connection is
// opened for each question and closed after the answer: a viewer takes none of the primary's few
// places.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "net/descriptor.h"

namespace forkscope::model {

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

/// Waits `bound` at the most, connecting included.
ControlAnswer ask_control_socket(std::uint16_t port, const nlohmann::json& command,
                                 std::chrono::milliseconds bound);

/// Whether a server listens there.
bool control_socket_listens(std::uint16_t port);

}  // namespace forkscope::model
