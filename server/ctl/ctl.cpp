#include "ctl/ctl.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "forkscope/telemetry/endpoint.h"
#include "os/unique_fd.h"

namespace forkscope::ctl {

namespace {

using nlohmann::ordered_json;

constexpr int kExitRefused = 1;
constexpr int kExitBadUsage = 2;
constexpr timeval kTimeout{5, 0};

/// One command, one line of answer. Throws std::runtime_error with one line for people.
ordered_json ask(std::uint16_t port, const ordered_json& command) {
  const std::string path = telemetry::control_socket_path(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error(path + ": path too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const os::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof kTimeout);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof kTimeout);
  const std::string line = command.dump() + "\n";
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(line.size())) {
    throw std::runtime_error("no server of this user on port " + std::to_string(port) + " (" +
                             path + ": " + std::strerror(errno) + ")");
  }
  std::string answer;
  char bytes[4096];
  while (!answer.ends_with('\n')) {
    const ssize_t count = ::recv(fd.get(), bytes, sizeof bytes, 0);
    if (count <= 0) throw std::runtime_error("the server does not answer");
    answer.append(bytes, static_cast<std::size_t>(count));
  }
  auto reply = ordered_json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!reply.is_object()) throw std::runtime_error("the server's answer makes no sense");
  return reply;
}

/// "blocked while committing", "spin in GET /v1/faults/hang"; nothing of a worker that does not
/// hang.
std::string hang_text(const ordered_json& worker) {
  const auto hang = worker.value("hang", ordered_json());
  if (!hang.is_object()) return {};
  const std::string phase = hang.value("phase", "?");
  const auto request = worker.value("in_flight", ordered_json());
  const bool in_request = phase == "handling" && request.is_object();
  return hang.value("kind", "?") +
         (in_request ? " in " + request.value("method", "?") + " " + request.value("path", "?")
                     : " while " + phase);
}

void print_table(const ordered_json& status) {
  std::printf("port %d, primary pid %d, %d workers wanted%s%s\n\n", status.value("port", 0),
              status.value("pid", 0), status.value("target_workers", 0),
              status.value("reloading", false) ? ", reloading" : "",
              status.value("stopping", false) ? ", stopping" : "");
  std::printf("%6s %8s %4s  %-9s %6s %12s %8s %8s  %s\n", "WORKER", "PID", "GEN", "STATE", "CONNS",
              "REQUESTS", "REQ/S", "UPTIME", "HANGS");
  for (const ordered_json& worker : status.at("workers")) {
    std::printf("%6d %8d %4d  %-9s %6ld %12ld %8.0f %7.0fs  %s\n", worker.value("number", 0),
                worker.value("pid", 0), worker.value("generation", 0),
                worker.value("state", "?").c_str(), worker.value("connections", 0L),
                worker.value("requests", 0L), worker.value("requests_per_second", 0.0),
                worker.value("uptime_ms", 0.0) / 1000, hang_text(worker).c_str());
  }
}

}  // namespace

int run(int argc, char** argv) {
  std::uint16_t port = 8000;
  bool as_json = false;
  std::uint32_t number = 0;
  std::string signal;
  CLI::App app("Tells a running server what to do.", "todos-server ctl");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--port", port, "Port of the server")->envname("PORT")->capture_default_str();
  app.add_flag("--json", as_json, "Print the server's answer as it is");
  app.add_subcommand("status", "The table of workers");
  app.add_subcommand("scale", "Change the number of workers")
      ->add_option("workers", number, "How many")
      ->required();
  app.add_subcommand("reload", "Replace every worker, one by one");
  app.add_subcommand("stop", "Stop gracefully");
  CLI::App* send = app.add_subcommand("signal", "Send a signal to a worker");
  send->add_option("worker", number, "Its number")->required();
  send->add_option("signal", signal, "STOP, CONT, KILL or ABRT")
      ->required()
      ->transform(CLI::IsMember({"STOP", "CONT", "KILL", "ABRT"}, CLI::ignore_case));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::cerr << "todos-server ctl: " << error.what() << " (see todos-server ctl --help)\n";
    return kExitBadUsage;
  }

  const std::string verb = app.get_subcommands().front()->get_name();
  ordered_json command = {{"cmd", verb}};
  if (verb == "scale") command["workers"] = number;
  if (verb == "signal") command.update({{"worker", number}, {"signal", signal}});
  const ordered_json reply = ask(port, command);
  const bool done = reply.value("ok", false);
  if (as_json) {
    std::cout << reply.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << '\n';
  } else if (!done) {
    std::cerr << "todos-server ctl: " << reply.value("error", "refused") << '\n';
  } else if (verb == "status") {
    print_table(reply);
  }
  return done ? 0 : kExitRefused;
}

}  // namespace forkscope::ctl
