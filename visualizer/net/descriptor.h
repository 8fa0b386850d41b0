// Owner of a file descriptor; the visualizer keeps none in a plain int.
#pragma once

#include "os/unique_fd.h"

namespace forkscope::net {

using Descriptor = os::UniqueFd;

}  // namespace forkscope::net
