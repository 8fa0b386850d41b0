// A server with a loop of its own, whose workers tell each other something: what a client sends,
// the clients of all other workers get. To each client the worker says its number first.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "bus/bus.h"
#include "bus/member.h"
#include "child/child.h"
#include "forkscope/telemetry/clock.h"
#include "forkscope/telemetry/layout.h"
#include "options/options.h"
#include "os/signal_events.h"
#include "supervisor/supervisor.h"

namespace {

using namespace forkscope;

int relay(const child::Inheritance& inheritance, bus::Bus& bus) {
  const os::SignalEvents finish({SIGTERM, child::kHandOverSignal});
  bus::Member member(bus, inheritance.slot);
  child::say_ready(inheritance);
  std::vector<os::UniqueFd> clients;
  while (true) {
    std::vector<pollfd> events = {{finish.fd(), POLLIN, 0},
                                  {inheritance.listening_socket, POLLIN, 0},
                                  {member.fd(), POLLIN, 0}};
    for (const os::UniqueFd& client : clients) events.push_back({client.get(), POLLIN, 0});
    inheritance.writer.idle();
    ::poll(events.data(), events.size(), -1);
    inheritance.writer.step(telemetry::Phase::reading, telemetry::now_ns());
    if (events[0].revents != 0) return EXIT_SUCCESS;
    char byte = 0;
    for (std::size_t i = clients.size(); i-- > 0;) {
      if (events[3 + i].revents == 0) continue;
      if (::recv(clients[i].get(), &byte, 1, 0) == 1) {
        member.publish({&byte, 1});
      } else {
        clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    if (os::UniqueFd client(::accept(inheritance.listening_socket, nullptr, nullptr)); client) {
      byte = static_cast<char>('0' + member.number());
      ::send(client.get(), &byte, 1, MSG_NOSIGNAL);
      clients.push_back(std::move(client));
    }
    member.receive(
        [&](const bus::Message& message) {
          for (const os::UniqueFd& client : clients) {
            ::send(client.get(), message.bytes.data(), message.bytes.size(), MSG_NOSIGNAL);
          }
        },
        [](std::uint32_t, std::uint64_t) {});
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto parsed = options::parse(
        argc, argv, {.description = "Passes on what it is told.", .without = {"--balance"}});
    if (!parsed.settings) return parsed.exit_code;
    supervisor::Settings settings = parsed.settings->primary;
    settings.balance = telemetry::BalancePolicy::kernel;
    bus::Bus bus(supervisor::slots_for(settings.workers));
    child::Child child;
    child.run = [&bus](const child::Inheritance& inheritance) { return relay(inheritance, bus); };
    child.descriptors = bus.descriptors();
    return supervisor::Supervisor(settings, child).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "relay-server: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
