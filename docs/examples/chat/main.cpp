// A chat over WebSockets: a server whose workers run a loop of their own, Boost.Beast's, behind the
// primary of todos-server. Clients are those of Socket.IO 4, with `transports: ["websocket"]`.
//
//   main.cpp              hands the primary what it is to fork
//   worker.cpp            the loop: accepts, and goes when it is asked to
//   step_executor.h       by which the primary sees that the loop hangs
//   wire.h                counts bytes, whatever is spoken
//   connections.h         who is connected
//   http_connection.cpp   HTTP: the page, faults, and the request for a WebSocket
//   session.cpp           a client's WebSocket: heartbeat, packets, what waits to be sent
//   protocol/             Engine.IO and Socket.IO, as functions of text
//   chat.cpp              the application: events, rooms, and the bus to the other workers
//
// To bring a framework of your own, read the first three: a loop has to accept from a socket that
// it inherits, to say that it is idle before it waits, and to begin a step when it goes on. The
// rest is a chat.
//
// A message of a client is shown as a request: POST, and for a path the event's name; what a worker
// hears from another one and hands to its own clients, as PUT, which says of which worker it was.
// So a broadcast is one POST, and one PUT at each other worker that has clients for it. `connect`,
// `disconnect` and `acknowledgement` are the packets of Socket.IO; a heartbeat is no message.
// Statuses are those of HTTP.
//
// What it does not do it refuses: long polling (400, with Engine.IO's error), binary messages
// (close code 1003), namespaces other than "/" (connect_error). There is no protection: when a
// worker dies its connections break, and clients of Socket.IO come back by themselves, to another
// worker.
#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "bus/bus.h"
#include "child/child.h"
#include "ctl/ctl.h"
#include "forkscope/telemetry/layout.h"
#include "http/limits.h"
#include "options/duration.h"
#include "options/options.h"
#include "os/dispositions.h"
#include "os/open_files.h"
#include "os/program_name.h"
#include "os/standard_streams.h"
#include "settings.h"
#include "supervisor/settings.h"
#include "supervisor/supervisor.h"
#include "worker.h"

namespace {

using namespace forkscope;

/// What is open beside connections: eventfds of all workers, and a little more.
constexpr std::uint64_t kOtherFiles = 2 * telemetry::kMaxSlots + 64;

void add_duration(CLI::App& app, const char* name, std::chrono::milliseconds& value,
                  const char* description) {
  app.add_option_function<std::string>(
         name,
         [&value](const std::string& text) {
           value = std::chrono::floor<std::chrono::milliseconds>(*options::parse_duration(text));
         },
         description)
      ->default_str(std::to_string(value.count() / 1000) + "s")
      ->check([](const std::string& text) {
        const auto parsed = options::parse_duration(text);
        return parsed && *parsed >= std::chrono::milliseconds(1)
                   ? std::string()
                   : "is not a duration such as 250ms, 2s or 1m";
      });
}

About about(chat::Settings& settings) {
  return {.description = "A chat for clients of Socket.IO 4, over WebSockets.",
          .database = "",
          .without = {"--balance", "--protect", "--pin", "--trusted-proxies", "--max-head",
                      "--max-body", "--head-timeout", "--body-timeout"},
          .add_options = [&settings](CLI::App& app) {
            add_duration(app, "--ping-interval", settings.ping_interval,
                         "From a client's pong to the next ping");
            add_duration(app, "--ping-timeout", settings.ping_timeout,
                         "A client without a pong for this long is gone");
          }};
}

}  // namespace

int main(int argc, char** argv) {
  os::open_standard_streams();
  // A log that is as long as it may be is no reason to end, and nor is that nobody reads it.
  os::ignore_signals({SIGXFSZ});
  try {
    if (argc > 1 && std::string_view(argv[1]) == "ctl") return ctl::run(argc - 1, argv + 1);
    os::ignore_signals({SIGPIPE});
    chat::Settings settings;
    auto parsed = options::parse(argc, argv, about(settings));
    if (!parsed.settings) return parsed.exit_code;
    supervisor::Settings& primary = parsed.settings->primary;
    primary.balance = telemetry::BalancePolicy::kernel;
    const http::Limits& limits = parsed.settings->worker.limits;
    settings.faults_enabled = parsed.settings->worker.faults_enabled;
    settings.max_connections = limits.max_connections;
    settings.idle_timeout = limits.idle_timeout;
    settings.write_timeout = limits.write_timeout;
    settings.drain_timeout = limits.drain_timeout;
    os::allow_open_files(settings.max_connections + kOtherFiles);

    bus::Bus bus(supervisor::slots_for(primary.workers));
    child::Child worker;
    worker.run = [&](const child::Inheritance& inheritance) {
      return chat::run(settings, inheritance, bus);
    };
    worker.scheme = "http";
    worker.faults_enabled = settings.faults_enabled;
    worker.descriptors = bus.descriptors();
    return supervisor::Supervisor(primary, std::move(worker)).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", os::program_name().c_str(), error.what());
    return EXIT_FAILURE;
  }
}
