// Preloaded into a server (LD_PRELOAD, ld.so(8)), this makes its disk fail once, on demand. While
// the directory $FAULTY_DISK holds a file that names a fault, the next process that writes or syncs
// a write-ahead log takes the file away, and suffers the fault:
//
//   stall-write    pwrite64(2) never returns
//   stall-unlock   fcntl(2) never returns, which gives up SQLite's lock of who writes: right after
//                  a commit (https://sqlite.org/walformat.html, section 2.3)
//   stall-sync     fdatasync(2) never returns
//   fail-sync      fdatasync(2) fails with EIO
//
// A stall of the whole disk: while there is a file "hold-syncs", every fdatasync(2) of a log waits
// until it is gone, and adds its process's number to the file "held".
//
// See faulty_disk.h, which is the side of the test.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
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

bool gives_up_write_lock(int fd, int command, const void* argument) {
  constexpr off_t kWriteLock = 120;
  if (command != F_SETLK || !is_file(fd, "-shm")) return false;
  const auto* lock = static_cast<const struct flock*>(argument);
  return lock->l_type == F_UNLCK && lock->l_start == kWriteLock;
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

extern "C" int fcntl64(int fd, int command, ...) {
  static auto* const real = next<decltype(fcntl64)>("fcntl64");
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (gives_up_write_lock(fd, command, argument) && takes("stall-unlock")) stall();
  return real(fd, command, argument);
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
