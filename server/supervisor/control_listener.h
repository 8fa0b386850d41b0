// The control socket's file, and the descriptor that listens there.
//
// A comfort, not a condition: a server serves without (a read-only /tmp, a directory that somebody
// else has put there). The file can be taken away at any time (the runtime directory vanishes when
// its user logs out, somebody clears /tmp), so its place is looked at again and again. Only a file
// that is this server's own is ever removed, or one at which nobody listens. Primary only; nothing
// blocks.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "os/unique_fd.h"

namespace forkscope::supervisor {

class ControlListener {
 public:
  explicit ControlListener(std::uint16_t port) : port_(port) {}
  ~ControlListener() { release(); }
  ControlListener(const ControlListener&) = delete;
  ControlListener& operator=(const ControlListener&) = delete;

  /// -1: nobody can attach.
  int fd() const { return listener_.get(); }
  const std::string& path() const { return path_; }
  /// <port>.sock, which another server of this user may have.
  bool has_plain_name() const;

  /// Whether its file is there still, and is where a server with this environment should have it.
  bool is_in_place() const;
  /// Of a server that has another name: true as soon as the one that had the plain name has gone.
  bool take_plain_name();
  /// Makes the directory where it is missing, and listens at the first name that no living server
  /// has. Returns why that is impossible, in words that follow "nobody can attach: "; or nothing.
  /// Call it after release().
  std::string bind(int backlog);
  /// Stops listening, and removes its own file.
  void release();

 private:
  bool owns(const std::string& path) const;

  const std::uint16_t port_;
  os::UniqueFd listener_;
  os::UniqueFd file_;  // O_PATH: while it is open, its inode's number is not used again
  std::string path_;
};

}  // namespace forkscope::supervisor
