// What every response says on behalf of its worker: who has given it (`X-Worker`, `X-Worker-Pid`),
// and the fields that the application wants in all of them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "application/application.h"

namespace forkscope::gateway {

struct WorkerIdentity {
  std::uint32_t number = 0;
  pid_t pid = 0;
};

/// The lines, each with its CRLF, that all responses of a worker share.
std::string common_lines(const WorkerIdentity& worker, const HeaderFields& common_fields);

}  // namespace forkscope::gateway
