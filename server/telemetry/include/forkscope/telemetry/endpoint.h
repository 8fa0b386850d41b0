// Where a running server is found: at a control socket in its runtime directory, which is
//
//   $FORKSCOPE_RUNTIME_DIR       where that is set: then nobody looks anywhere else
//   $XDG_RUNTIME_DIR/forkscope   where that names a directory of this user
//   /tmp/forkscope-<uid>         otherwise: it is unset, or was left over by su(1)
//
// The socket is <port>.sock there; of a second server on that port, at another address or in
// another network namespace, <port>-2.sock, and so on. Whoever looks for a server may have another
// environment than it has (cron(8), su(1), a unit of systemd), and so looks in every place. /tmp is
// open to all: a directory or a listener of another user is never trusted. Used by the primary and
// by all who look; nothing here blocks.
#pragma once

#include <sys/un.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/unique_fd.h"

namespace forkscope::telemetry {

/// How many servers of one user can have the same port.
inline constexpr unsigned kMaxNamesakes = 32;

/// Where a server with this environment has its socket. Without a trailing slash. Not created here.
std::string runtime_directory();
/// In runtime_directory().
std::string control_socket_path(std::uint16_t port, unsigned number = 1);

/// Nothing: it is a directory (no link to one) of that user. Otherwise errno, and ENOTDIR or EPERM
/// for what it is instead.
int why_not_a_directory_of(const std::string& path, uid_t user);

/// Nothing for a path that is too long (unix(7)).
std::optional<sockaddr_un> unix_address(const std::string& path);

/// A file at which a server may listen. It may be left over from one that was killed: connecting
/// tells.
struct ControlEndpoint {
  std::uint16_t port = 0;  ///< 0: its name does not say.
  std::string path;

  bool operator==(const ControlEndpoint&) const = default;
};

/// For a path that a user has given.
ControlEndpoint control_endpoint_at(const std::string& path);

struct ControlPlaces {
  std::vector<ControlEndpoint> endpoints;  ///< By port, place and name.
  std::string looked_in;  ///< For people: "/run/user/1000/forkscope and /tmp/forkscope-1000".
  std::string ignored;    ///< For people, one sentence or nothing: what was there, but not trusted.
};
/// Looks in the three places, and in /run/user/<uid>/forkscope also where the environment does not
/// name it. For root in those of all users and services (/run/<name>/forkscope), too.
ControlPlaces find_control_sockets();

/// Connects, if a process of the same user listens there; root may connect to the one who owns the
/// directory. Returns nothing, and errno, where that fails: ENOENT or ECONNREFUSED where
/// nobody listens, EPERM for a listener that is not trusted, EAGAIN for one that does not accept.
/// With a timeout of 0 it never waits, and the descriptor is non-blocking; otherwise it blocks, and
/// neither this nor a call on it takes longer.
os::UniqueFd connect_to(const ControlEndpoint& endpoint, int timeout_ms);

/// The process at the other end, as it is known here; 0: it is in a namespace that is not seen.
pid_t peer_of(int socket);

}  // namespace forkscope::telemetry
