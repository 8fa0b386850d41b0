#include "forkscope/telemetry/mapping.h"

#include <sys/mman.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace forkscope::telemetry {

Mapping::~Mapping() {
  if (address_ != nullptr) ::munmap(address_, bytes_);
}

Mapping Mapping::shared_anonymous(std::size_t bytes, const char* what) {
  void* address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), std::string("mmap of ") + what);
  }
  return {address, bytes};
}

}  // namespace forkscope::telemetry
