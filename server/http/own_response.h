// Responses that the gateway gives itself, without asking the application: framing errors, commits
// that failed, writes that waited too long.
#pragma once

#include <string>
#include <string_view>

namespace forkscope::http {

/// An RFC 9457 body: {"title":…,"status":…,"detail":…}. `detail` may hold anything.
std::string problem_body(int status, std::string_view detail);

/// A whole response with such a body. `lines` are complete header lines, each with its CRLF.
std::string problem_response(int status, std::string_view detail, std::string_view date,
                             std::string_view lines);

}  // namespace forkscope::http
