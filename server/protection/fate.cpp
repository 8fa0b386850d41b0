#include "protection/fate.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace forkscope::protection {

namespace {

// As tcpi_state has them (include/net/tcp_states.h of Linux).
constexpr std::uint8_t kTcpEstablished = 1;
constexpr std::uint8_t kTcpCloseWait =
    8;  // the peer has sent its FIN, which counts as a byte received

Fate fate_of_unanswered(const Entry& entry) {
  if (entry.prepared_bytes > 0) return Fate::moves_answered;
  return (entry.flags & kMayRunAgain) != 0 ? Fate::moves : Fate::lost;
}

}  // namespace

std::optional<Traffic> traffic_of(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  int unread = 0;
  int unacknowledged = 0;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
      ::ioctl(fd, SIOCINQ, &unread) != 0 || ::ioctl(fd, SIOCOUTQ, &unacknowledged) != 0 ||
      (info.tcpi_state != kTcpEstablished && info.tcpi_state != kTcpCloseWait)) {
    return std::nullopt;
  }
  const std::uint64_t received =
      info.tcpi_bytes_received - (info.tcpi_state == kTcpCloseWait ? 1 : 0);
  return Traffic{received - static_cast<std::uint64_t>(unread),
                 info.tcpi_bytes_acked + static_cast<std::uint64_t>(unacknowledged), unread > 0};
}

Fate fate_of(const Entry& entry, bool is_in_hand, Condition worker, const Traffic& traffic) {
  const auto stage = static_cast<Stage>(entry.stage);
  if (stage == Stage::none) return Fate::stays;
  const bool dead = worker == Condition::dead;
  if (stage == Stage::lingering) return dead ? Fate::ends : Fate::stays;
  const Fate otherwise = dead ? Fate::lost : Fate::stays;
  const bool is_known = traffic.read == entry.received && (entry.flags & kTooLong) == 0;
  if (is_in_hand || !is_known) return otherwise;
  const bool nothing_left = traffic.written == entry.sent;
  switch (stage) {
    case Stage::open: return nothing_left ? Fate::moves : otherwise;
    case Stage::committing:
    case Stage::unflushed:
      if (!nothing_left || entry.prepared_bytes == 0) return otherwise;
      return stage == Stage::unflushed ? Fate::moves_answered : Fate::moves_in_doubt;
    case Stage::begun:
    case Stage::uncommitted:
      if (!dead) return Fate::stays;
      return nothing_left ? fate_of_unanswered(entry) : Fate::lost;
    case Stage::answered:
      if (!dead) return Fate::stays;
      if (traffic.written == entry.sent + entry.answer_bytes) {
        return (entry.flags & kCloses) != 0 ? Fate::ends : Fate::moves_past;
      }
      return nothing_left ? fate_of_unanswered(entry) : Fate::lost;
    default: return otherwise;  // what nobody has written
  }
}

}  // namespace forkscope::protection
