#include "os/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace forkscope::os {

void open_standard_streams() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);  // gets the lowest number that is free (open(2))
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) ::close(fd);
}

}  // namespace forkscope::os
