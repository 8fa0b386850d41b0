// deny-calls ERROR CALL,CALL… PROGRAM ARGUMENT…: becomes the program, in which each of these system
// calls fails with the error, EPERM or ENOSYS. What a container's seccomp profile does to a program
// that is newer than the profile (seccomp(2)).
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

const std::map<std::string, unsigned> kCalls = {
    {"clone3", SYS_clone3},
    {"close_range", SYS_close_range},
    {"epoll_create1", SYS_epoll_create1},
    {"eventfd", SYS_eventfd2},
    {"getrandom", SYS_getrandom},
    {"kill", SYS_kill},
    {"memfd_create", SYS_memfd_create},
    {"pidfd_open", SYS_pidfd_open},
    {"pidfd_send_signal", SYS_pidfd_send_signal},
    {"posix_fallocate", SYS_fallocate},
    {"prctl", SYS_prctl},
    {"sched_setaffinity", SYS_sched_setaffinity},
    {"sched_setscheduler", SYS_sched_setscheduler},
    {"signalfd", SYS_signalfd4},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 125;
  const unsigned error = std::string(argv[1]) == "EPERM" ? EPERM : ENOSYS;
  std::vector<sock_filter> filter = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  std::istringstream names(argv[2]);
  for (std::string name; std::getline(names, name, ',');) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kCalls.at(name), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    std::perror("seccomp");
    return 125;
  }
  ::execv(argv[3], argv + 3);
  std::perror(argv[3]);
  return 127;
}
