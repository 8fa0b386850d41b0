// Responses that the gateway gives itself, without asking the application: framing errors, commits
// that failed, writes that waited too long.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/application.h"

namespace forkscope::gateway {

/// Every response says who gave it (`X-Worker`, `X-Worker-Pid`).
struct WorkerIdentity {
  std::uint32_t number = 0;
  pid_t pid = 0;
};

/// The lines, each with its CRLF, that all responses of a worker share.
std::string common_lines(const WorkerIdentity& worker, const HeaderFields& common_fields);

/// An RFC 9457 body: {"title":…,"status":…,"detail":…}. `detail` may hold anything.
std::string problem_body(int status, std::string_view detail);

/// A whole response with such a body. `lines` are complete header lines, each with its CRLF.
std::string problem_response(int status, std::string_view detail, std::string_view date,
                             std::string_view lines);

}  // namespace forkscope::gateway
