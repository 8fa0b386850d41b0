// A server of another kind: the primary of todos-server, and a child of a few lines that speaks no
// HTTP. It links the primary alone, so this builds only as long as the primary knows no worker.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "child/child.h"
#include "forkscope/telemetry/clock.h"
#include "forkscope/telemetry/layout.h"
#include "os/signal_events.h"
#include "supervisor/supervisor.h"

namespace {

using namespace forkscope;

/// Sends the first byte of each connection back, and hangs when that is an 'h'.
int echo(const child::Inheritance& inheritance) {
  const os::SignalEvents finish({SIGTERM, child::kHandOverSignal});
  child::say_ready(inheritance);
  pollfd events[] = {{inheritance.listening_socket, POLLIN, 0}, {finish.fd(), POLLIN, 0}};
  while (true) {
    inheritance.writer.idle();
    if (::poll(events, 2, -1) > 0 && events[1].revents != 0) return EXIT_SUCCESS;
    const os::UniqueFd client(::accept(inheritance.listening_socket, nullptr, nullptr));
    inheritance.writer.step(telemetry::Phase::reading, telemetry::now_ns());
    char byte = 0;
    if (::recv(client.get(), &byte, 1, 0) != 1) continue;
    if (byte == 'h') ::pause();
    ::send(client.get(), &byte, 1, MSG_NOSIGNAL);
  }
}

/// Of "--name=number".
int number_of(std::string_view argument) {
  return std::stoi(std::string(argument.substr(argument.find('=') + 1)));
}

}  // namespace

int main(int argc, char** argv) {
  supervisor::Settings settings;
  settings.hang_after = std::chrono::seconds(1);
  settings.kill_after = std::chrono::seconds(2);
  settings.balance = telemetry::BalancePolicy::kernel;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--port=")) {
      settings.port = static_cast<std::uint16_t>(number_of(argument));
    } else if (argument.starts_with("--workers=")) {
      settings.workers = static_cast<std::uint32_t>(number_of(argument));
    }
  }
  child::Child child;
  child.run = echo;
  try {
    return supervisor::Supervisor(settings, child).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "echo-server: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
