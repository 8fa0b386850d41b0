#include "os/environment.h"

#include <cstdlib>

namespace forkscope::os {

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

}  // namespace forkscope::os
