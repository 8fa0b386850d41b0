// Preloaded into a server (LD_PRELOAD, ld.so(8)), this makes its send buffers full, on demand: as
// long as the file $FULL_SEND_BUFFER exists, send(2) finds no room for a "100 Continue".
//
// See full_send_buffer.h, which is the side of the test.
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

extern "C" ssize_t send(int fd, const void* bytes, size_t count, int flags) {
  static auto* const real = reinterpret_cast<decltype(send)*>(::dlsym(RTLD_NEXT, "send"));
  const char* file = std::getenv("FULL_SEND_BUFFER");
  const std::string_view text(static_cast<const char*>(bytes), count);
  if (text.starts_with("HTTP/1.1 100") && file != nullptr && ::access(file, F_OK) == 0) {
    errno = EAGAIN;
    return -1;
  }
  return real(fd, bytes, count, flags);
}
