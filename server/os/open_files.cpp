#include "os/open_files.h"

#include <sys/resource.h>

#include <algorithm>

namespace forkscope::os {

std::uint64_t allow_open_files(std::uint64_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return count;
  const rlimit raised{std::min<rlim_t>(count, limit.rlim_max), limit.rlim_max};
  if (raised.rlim_cur <= limit.rlim_cur) return limit.rlim_cur;
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

}  // namespace forkscope::os
