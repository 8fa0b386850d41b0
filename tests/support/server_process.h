// A real todos-server for one test: a port and a directory of its own, ready when the constructor
// returns, gone with all its workers when the object goes.
//
// Not thread safe; request(), control() and what builds on them open a connection per call.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/child_process.h"
#include "support/http_client.h"
#include "support/temp_dir.h"

namespace forkscope::support {

/// A port of 127.0.0.1 that nobody listens on, and that no other test gets as long as this process
/// lives. Below the range from which the kernel takes the ports of clients.
std::uint16_t free_port();

/// For ServerOptions::launcher: "-f 8" or "-Sf 8", as in bash(1): in units of 1024 bytes for sizes;
/// S for the soft limit alone.
std::vector<std::string> with_ulimit(const std::string& limit);

struct ServerOptions {
  int workers = 2;
  std::vector<std::string> arguments = {};    ///< More of the command line.
  std::vector<std::string> environment = {};  ///< More of it: "NAME=value".
  std::optional<std::uint16_t> port = {};     ///< free_port() by default.
  /// Where the server runs: its todos.db, its runtime directory and its log. One of its own by
  /// default; to be given by tests that start a second server on the same data.
  std::optional<std::filesystem::path> directory = {};
  std::optional<std::filesystem::path> program = {};  ///< todos-server by default.
  /// A program that becomes the server: it gets the server's command line behind these words.
  std::vector<std::string> launcher = {};
  std::vector<int> ignored_signals = {};  ///< At the start, as by nohup(1).
  bool dumps_core = false;  ///< Into its directory, if the system's core_pattern is so.
};

enum class Readiness { kWaitFor, kIgnore /* for servers that are not supposed to start */ };

class ServerProcess {
 public:
  /// Throws std::runtime_error with the server's log when it does not become ready.
  explicit ServerProcess(ServerOptions options = {}, Readiness readiness = Readiness::kWaitFor);
  /// Kills the primary and every worker. After a failed test it prints the server's log.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return primary_.pid(); }
  const std::filesystem::path& directory() const { return directory_; }
  /// The program that it executes.
  std::filesystem::path program() const;
  std::filesystem::path control_socket() const;
  /// What it has written to stdout and stderr so far.
  std::string log() const;

  /// One request on a connection of its own.
  HttpResponse request(std::string_view method, std::string_view target,
                       std::string_view body = "") const;
  /// Connects and sends `GET target`, and leaves the answer to whoever wants it: for requests
  /// that hang. The connection must be kept while the request is to go on.
  HttpConnection start_request(std::string_view target) const;
  /// One command over the control socket, answered by the primary even when all workers hang.
  /// Throws std::system_error when there is no answer.
  nlohmann::json control(const nlohmann::json& command) const;
  /// The entry of worker `number` in the primary's status.
  nlohmann::json worker(int number) const;
  /// 0: it has died, and its successor has not been forked yet. That is no number for kill(2): for
  /// a worker that may be dying ask wait_for_successor() in server_watch.h.
  pid_t worker_pid(int number) const;
  std::string worker_state(int number) const;

  void signal(int signal) const;
  /// The exit code, or 128 + the signal that killed it, as a shell has it. Throws
  /// std::runtime_error when it still runs after `timeout`.
  int wait_for_exit(std::chrono::milliseconds timeout = std::chrono::seconds(10));

 private:
  void start(const ServerOptions& options);
  void wait_until_ready(int workers);
  /// Reaps the primary if it has exited.
  bool has_exited();
  void kill_all();

  TempDir own_directory_;
  std::filesystem::path directory_;
  std::uint16_t port_;
  os::ChildProcess primary_;  ///< Leads the process group that it and its workers are.
  std::optional<int> exit_code_;
};

}  // namespace forkscope::support
