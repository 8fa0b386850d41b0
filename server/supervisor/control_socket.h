// The control socket: how programs of the same user ask the primary for the telemetry segment, and
// tell it what to do.
//
// A Unix stream socket (unix(7)) with one JSON object per line, each answered by one line:
//
//   {"cmd":"attach"}     → {"ok":true,"version":"1.6"}, and with it the memfd (SCM_RIGHTS)
//   {"cmd":"status"}     → {"ok":true,…,"workers":[…]}
//   {"cmd":"signal","worker":3,"signal":"STOP|CONT|KILL|ABRT"}     → {"ok":true}
//   {"cmd":"scale","workers":6}     → {"ok":true}
//   {"cmd":"protect","on":true}     → {"ok":true}
//   {"cmd":"balance"}    → {"ok":true,"balance":"least"}
//   {"cmd":"balance","policy":"hash"}     → {"ok":true,"balance":"hash"}
//   {"cmd":"reload"}     → {"ok":true}
//   {"cmd":"stop"}       → {"ok":true}
//   anything else        → {"ok":false,"error":"…"}
//
// Only the same user gets in, and root (directory 0700, socket 0600, SO_PEERCRED). A client can be
// malicious, silent or slow, and still not hold up the primary: each gets one command per round of
// its loop, and lines, clients and unsent answers are bounded. Whoever passes a bound is
// disconnected. Where it lies, and that it may be missing, is told in control_listener.h. Primary
// only.
#pragma once

#include <cstdint>
#include <list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "forkscope/telemetry/layout.h"
#include "os/epoll.h"
#include "os/unique_fd.h"
#include "supervisor/control_listener.h"

namespace forkscope::supervisor {

/// What a command may do. Called by ControlSocket, in the primary's loop.
class Commands {
 public:
  virtual ~Commands() = default;
  virtual nlohmann::ordered_json status() = 0;
  /// False: there is no such worker, or it has no process.
  virtual bool signal_worker(std::uint32_t number, int signal) = 0;
  /// Why not, in one sentence; nothing when it is under way.
  virtual std::optional<std::string> scale(std::uint32_t workers) = 0;
  /// Whether connections are to outlive their worker from now on. Why not, in one sentence; nothing
  /// when it is so.
  virtual std::optional<std::string> protect(bool on) = 0;
  /// Who takes new connections from now on. Why not, in one sentence; nothing when it holds.
  virtual std::optional<std::string> balance(telemetry::BalancePolicy policy) = 0;
  virtual telemetry::BalancePolicy balance() const = 0;
  virtual void reload() = 0;
  virtual void stop() = 0;
};

class ControlSocket {
 public:
  static constexpr std::size_t kMaxClients = 32;
  static constexpr std::size_t kMaxLineBytes = 4096;
  static constexpr std::size_t kMaxUnsentBytes = 1 << 20;

  /// `segment_fd` is borrowed. Nobody can attach before keep_bound(), which never is a reason not
  /// to serve.
  ControlSocket(std::uint16_t port, int segment_fd, Commands& commands);
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  /// Something for the log.
  struct News {
    enum class Kind { fine, trouble };
    Kind kind;
    std::string text;
  };
  /// At the start, and about once a second: binds the socket where it is not yet, or no longer. A
  /// few system calls when nothing has changed. Says the same only once.
  std::optional<News> keep_bound();

  /// Readable when serve() has something to do: an epoll of its own, nested in the primary's.
  int fd() const { return loop_.fd(); }
  /// Never blocks.
  void serve();
  /// Now and then: goes on accepting after the process had run out of descriptors.
  void retry_accept();

 private:
  struct Client {
    os::UniqueFd fd;
    std::string line;
    std::string unsent;
  };

  void accept();
  void disconnect(Client& client);
  bool receive(Client& client);
  bool answer(Client& client, std::string_view line);
  bool send(Client& client, const nlohmann::ordered_json& reply);
  bool send_segment(Client& client, const nlohmann::ordered_json& reply);
  bool flush(Client& client);

  ControlListener listener_;
  int segment_fd_;
  Commands& commands_;
  std::string why_not_;  // there is no listener, as was said; empty = there is, or nothing was said
  os::Epoll loop_;
  std::list<Client> clients_;
  bool accepting_ = true;
};

}  // namespace forkscope::supervisor
