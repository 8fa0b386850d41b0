#include "os/descriptor_passing.h"

#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cstring>

namespace forkscope::os {

namespace {

/// Room for the control message, aligned as cmsg(3) wants it.
union Control {
  cmsghdr alignment;
  std::array<char, CMSG_SPACE(sizeof(int) * kMaxPassedDescriptors)> bytes;
};

}  // namespace

bool send_with_descriptors(int socket, std::string_view message, std::span<const int> descriptors) {
  assert(!message.empty() && descriptors.size() <= kMaxPassedDescriptors);
  iovec part{const_cast<char*>(message.data()), message.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  Control control{};
  if (!descriptors.empty()) {
    header.msg_control = control.bytes.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  }
  return ::sendmsg(socket, &header, MSG_NOSIGNAL) == static_cast<ssize_t>(message.size());
}

ReceivedMessage receive_with_descriptors(int socket, std::span<char> buffer) {
  iovec part{buffer.data(), buffer.size()};
  Control control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  ReceivedMessage received;
  received.bytes = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  if (received.bytes < 0) return received;
  received.lost_descriptors = (header.msg_flags & MSG_CTRUNC) != 0;
  for (cmsghdr* rights = CMSG_FIRSTHDR(&header); rights != nullptr;
       rights = CMSG_NXTHDR(&header, rights)) {
    if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(rights) + i * sizeof fd, sizeof fd);
      received.descriptors.emplace_back(fd);
    }
  }
  return received;
}

}  // namespace forkscope::os
