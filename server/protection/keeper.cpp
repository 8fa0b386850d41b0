#include "protection/keeper.h"

#include <dirent.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <vector>

#include "os/program_name.h"
#include "protection/fate.h"
#include "protection/parcel.h"

namespace forkscope::protection {

namespace {

class Keeper {
 public:
  Keeper(const Ledger& ledger, int socket)
      : ledger_(ledger), socket_(socket), handed_(static_cast<std::size_t>(ledger.capacity())) {}

  [[noreturn]] void run() {
    while (true) {
      MessageHead message{};
      const ssize_t bytes = ::recv(socket_, &message, sizeof message, 0);
      if (bytes < 0 && errno == EINTR) continue;
      if (bytes <= 0) ::_exit(EXIT_SUCCESS);  // the primary is gone
      switch (static_cast<MessageKind>(message.kind)) {
        case MessageKind::hand_over:
          hand_over(static_cast<Condition>(message.count), message.detail == 1);
          break;
        case MessageKind::release: release(); break;
        default: break;
      }
    }
  }

 private:
  void hand_over(Condition worker, bool may_move) {
    const Grip grip = ledger_.grip();
    const bool frozen = grip.hand == Hand::taken || grip.hand == Hand::released;
    if (worker == Condition::frozen) handed_.assign(handed_.size(), false);
    std::uint32_t lost = 0;
    std::uint32_t giving = 0;
    for (int fd = 0; fd < ledger_.capacity(); ++fd) {
      const Entry entry = ledger_.entry(fd);
      if (entry.stage == static_cast<std::uint32_t>(Stage::none)) continue;
      // Was it handed over when the worker froze, which it still is?
      auto&& handed = handed_[static_cast<std::size_t>(fd)];
      if (handed && frozen) continue;
      handed = false;
      const bool in_hand = grip.fd == fd && grip.hand != Hand::loop && grip.hand != Hand::idle;
      const auto traffic = traffic_of(fd);
      if (!traffic) continue;  // its client is gone
      Fate fate = fate_of(entry, in_hand, worker, *traffic);
      const bool moves = fate != Fate::stays && fate != Fate::ends && fate != Fate::lost;
      if (moves && !may_move) {
        const std::uint32_t answered = fate == Fate::moves_past ? entry.request_bytes : 0;
        fate = traffic->unread || entry.bytes > answered ? Fate::lost : Fate::ends;
      } else if (moves) {
        handed = pass_on(fd, entry, fate);
        if (!handed) fate = Fate::lost;
      }
      if (fate != Fate::lost || worker != Condition::dead) continue;
      ++lost;
      if (entry.giving != 0) giving = entry.giving;
    }
    send_message(socket_, MessageKind::done, lost,
                 std::uint64_t{giving} << 32 | static_cast<std::uint64_t>(worker));
  }

  bool pass_on(int fd, Entry entry, Fate fate) const {
    // Whoever has written it may have lost its mind: nothing beyond the buffer is read.
    const std::uint64_t kept = std::uint64_t{entry.bytes} + entry.prepared_bytes;
    if (kept > Ledger::kBufferBytes || entry.request_bytes > entry.bytes) return false;
    std::string_view bytes(ledger_.buffer(fd), kept);
    entry.parcel = 0;
    if (fate == Fate::moves_answered) {
      entry.stage = static_cast<std::uint32_t>(Stage::unflushed);
    } else if (fate != Fate::moves_in_doubt) {
      bytes = bytes.substr(0, entry.bytes);
      entry.stage = static_cast<std::uint32_t>(Stage::open);
      entry.prepared_bytes = 0;
    }
    if (fate == Fate::moves_past) {
      bytes.remove_prefix(entry.request_bytes);
      entry.bytes -= entry.request_bytes;
      entry.request_bytes = 0;
      entry.sent += entry.answer_bytes;
      entry.flags = 0;
    }
    entry.answer_bytes = 0;
    return send_parcel(socket_, fd, entry, bytes) == Sent::yes;
  }

  void release() const {
    const std::unique_ptr<DIR, int (*)(DIR*)> table(::opendir("/proc/self/fd"), ::closedir);
    if (!table) return;
    std::vector<int> others;
    while (const dirent* open = ::readdir(table.get())) {
      const int fd = std::atoi(open->d_name);
      const bool is_connection =
          ledger_.covers(fd) && ledger_.entry(fd).stage != static_cast<std::uint32_t>(Stage::none);
      const bool is_name = open->d_name[0] != '.';
      if (is_name && fd != socket_ && fd != ::dirfd(table.get()) && !is_connection) {
        others.push_back(fd);
      }
    }
    for (const int fd : others) {
      struct stat status {};
      if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) ::flock(fd, LOCK_UN);
      ::close(fd);
    }
  }

  const Ledger& ledger_;
  int socket_;
  std::vector<bool> handed_;  ///< By descriptor: while the worker is frozen.
};

}  // namespace

void start_keeper(const Ledger& ledger, int socket, pid_t primary, unsigned number) {
  // As fork(2), but that the table is shared, and that it is the primary's child.
  const long pid = ::syscall(SYS_clone, CLONE_FILES | CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
  if (pid != 0) {
    ledger.keeper(pid > 0 ? pid : 0, pid > 0 ? 0 : errno);
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != primary) ::_exit(EXIT_FAILURE);
  os::name_process("keeper", number);
  Keeper(ledger, socket).run();
}

}  // namespace forkscope::protection
