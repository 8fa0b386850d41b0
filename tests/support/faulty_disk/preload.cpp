// Preloaded into a server (LD_PRELOAD, ld.so(8)), this makes its disk fail once, on demand. While
// the directory $FAULTY_DISK holds a file that names a fault, the next process that writes or syncs
// a write-ahead log takes the file away, and suffers the fault:
//
//   stall-write    pwrite64(2) never returns
//   stall-mark     pwrite(2) never returns, of an even change mark (write_turn.h)
//   stall-sync     fdatasync(2) never returns
//   fail-sync      fdatasync(2) fails with EIO
//
// A stall of the whole disk: while there is a file "hold-syncs", every fdatasync(2) of a log waits
// until it is gone, and adds its process's number to the file "held".
//
// See faulty_disk.h, which is the side of the test.
#include <dlfcn.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

namespace {

bool is_file(int fd, const char* suffix) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t bytes = ::readlink(link.c_str(), path, sizeof path);
  return bytes > 0 && std::string(path, static_cast<std::size_t>(bytes)).ends_with(suffix);
}

bool is_log(int fd) { return is_file(fd, "-wal"); }

/// Of all processes that ask only one can take it.
bool takes(const char* fault) {
  const char* directory = std::getenv("FAULTY_DISK");
  return directory != nullptr && ::unlink((std::string(directory) + "/" + fault).c_str()) == 0;
}

bool is_even_mark(const void* bytes, size_t count, off_t offset) {
  std::uint64_t word = 0;
  if (count != sizeof word || offset != 0) return false;
  std::memcpy(&word, bytes, sizeof word);
  return word % 2 == 0;
}

[[noreturn]] void stall() {
  for (;;) ::pause();
}

void wait_while_held(int fd) {
  const char* directory = std::getenv("FAULTY_DISK");
  if (directory == nullptr || !is_log(fd)) return;
  const std::string name = std::string(directory) + "/hold-syncs";
  if (::access(name.c_str(), F_OK) != 0) return;
  std::ofstream(std::string(directory) + "/held", std::ios::app) << ::getpid() << std::endl;
  while (::access(name.c_str(), F_OK) == 0) ::usleep(1000);
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  static auto* const real = next<decltype(pwrite64)>("pwrite64");
  if (is_log(fd) && takes("stall-write")) stall();
  return real(fd, bytes, count, offset);
}

extern "C" ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  static auto* const real = next<decltype(pwrite)>("pwrite");
  if (is_even_mark(bytes, count, offset) && is_file(fd, "-turn") && takes("stall-mark")) stall();
  return real(fd, bytes, count, offset);
}

extern "C" int fdatasync(int fd) {
  static auto* const real = next<decltype(fdatasync)>("fdatasync");
  wait_while_held(fd);
  if (is_log(fd) && takes("stall-sync")) stall();
  if (is_log(fd) && takes("fail-sync")) {
    errno = EIO;
    return -1;
  }
  return real(fd);
}
