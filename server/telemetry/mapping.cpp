#include "forkscope/telemetry/mapping.h"

#include <sys/mman.h>

namespace forkscope::telemetry {

Mapping::~Mapping() {
  if (address_ != nullptr) ::munmap(address_, bytes_);
}

}  // namespace forkscope::telemetry
