// Descriptors as part of a message over a Unix socket (unix(7), SCM_RIGHTS): the receiver gets
// copies of its own. No function blocks on a socket that does not.
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>
#include <vector>

#include "os/unique_fd.h"

namespace forkscope::os {

inline constexpr std::size_t kMaxPassedDescriptors = 16;

/// False, and errno, when `message`, which is not empty, could not be sent with all of them.
bool send_with_descriptors(int socket, std::string_view message, std::span<const int> descriptors);

struct ReceivedMessage {
  ssize_t bytes = -1;  ///< As recv(2) has it.
  std::vector<UniqueFd> descriptors;
  bool lost_descriptors = false;  ///< There was no room for all of them in this process.
};
ReceivedMessage receive_with_descriptors(int socket, std::span<char> buffer);

}  // namespace forkscope::os
