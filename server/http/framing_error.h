// Why a request cannot be framed: the answer that the client gets before the connection closes.
//
// Once framing has failed nobody can say where the next request would begin, so every framing error
// ends its connection. All strings are literals.
#pragma once

#include <string_view>

namespace forkscope::http {

struct FramingError {
  int status = 0;           ///< HTTP status, 4xx or 5xx.
  std::string_view detail;  ///< One sentence for the client, free of anything it sent.
};

constexpr FramingError bad_request(std::string_view detail) { return {400, detail}; }

constexpr FramingError content_too_large() {
  return {413, "The request body is larger than this server accepts."};
}

}  // namespace forkscope::http
