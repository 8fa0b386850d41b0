#include "os/program_name.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cstddef>

namespace forkscope::os {

std::string short_name(std::string_view program) {
  constexpr std::string_view kServer = "-server";
  if (program.ends_with(kServer)) program.remove_suffix(kServer.size());
  return std::string(program);
}

std::string process_name(std::string_view program, std::string_view role, unsigned number) {
  constexpr std::size_t kRoom = 15;
  const std::string rest = ' ' + std::string(role) + ' ' + std::to_string(number);
  return short_name(program).substr(0, kRoom - std::min(kRoom, rest.size())) + rest;
}

void name_process(std::string_view role, unsigned number) {
  ::prctl(PR_SET_NAME, process_name(program_name(), role, number).c_str());
}

}  // namespace forkscope::os
