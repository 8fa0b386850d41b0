// Random faults under mixed load, from one seed. Checks at the end that every acknowledged todo is
// there, that no request failed on a connection that no victim owned, that descriptors have not
// grown, and that no process is left over.
//
//   chaos SECONDS SEED
//
// The sequence of faults and pauses depends on the seed alone; what runs at the moment of each does
// not. Exit code 0: everything held.
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/proc.h"
#include "support/server_process.h"
#include "support/wait_until.h"

namespace {

using namespace std::chrono_literals;
using forkscope::support::HttpConnection;
using forkscope::support::open_descriptors;
using forkscope::support::ServerProcess;
using forkscope::support::wait_until;
using Clock = std::chrono::steady_clock;

constexpr int kWorkers = 4;
constexpr int kClients = 12;

struct Failure {
  std::string owner;  ///< The pid that has answered on the connection before; empty: none yet.
  std::string what;
};

struct Ledger {
  std::mutex mutex;
  std::vector<std::string> acknowledged;  ///< Ids of todos.
  std::vector<Failure> failures;
  std::atomic<long> requests = 0;
};

/// A keep-alive client. Every third request creates a todo.
void be_a_client(std::uint16_t port, int number, Ledger& ledger, const std::atomic<bool>& enough) {
  std::optional<HttpConnection> connection;
  std::string owner;
  for (long count = 0; !enough; ++count) {
    const bool creates = count % 3 == 0;
    try {
      if (!connection) {
        owner.clear();
        connection.emplace(port, 15s);
      }
      if (creates) {
        connection->send_request(
            "POST", "/v1/todos",
            "{\"title\":\"" + std::to_string(number) + "-" + std::to_string(count) + "\"}");
      } else {
        connection->send_request("GET", "/v1/todos?limit=5");
      }
      const auto response = connection->read_response();
      ++ledger.requests;
      owner = response.header("x-worker-pid");
      if (response.status != (creates ? 201 : 200)) {
        throw std::runtime_error("status " + std::to_string(response.status));
      }
      if (creates) {
        const auto id = nlohmann::json::parse(response.body).at("id");
        const std::lock_guard lock(ledger.mutex);
        ledger.acknowledged.push_back(id.dump());
      }
      if (response.header("connection") == "close") connection.reset();
    } catch (const std::exception& error) {
      if (!enough) {
        const std::lock_guard lock(ledger.mutex);
        ledger.failures.push_back({owner, error.what()});
      }
      connection.reset();
    }
    std::this_thread::sleep_for(1ms);
  }
}

/// Sends half a request and leaves it there for a while.
void be_a_slow_client(std::uint16_t port, const std::atomic<bool>& enough) {
  while (!enough) {
    try {
      HttpConnection half(port);
      half.send("POST /v1/todos HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{");
      for (int i = 0; i < 100 && !enough; ++i) std::this_thread::sleep_for(10ms);
    } catch (const std::exception&) {
      std::this_thread::sleep_for(10ms);
    }
  }
}

void fire(ServerProcess& server, std::mt19937& random, std::vector<HttpConnection>& hanging) {
  const auto number = static_cast<int>(1 + random() % kWorkers);
  const auto kind = random() % 9;
  const auto wanted = static_cast<int>(2 + random() % 5);
  static const int kSignals[] = {SIGKILL, SIGSTOP, SIGABRT, SIGSEGV};
  try {
    if (kind < 4) {
      const auto worker = server.worker(number);
      const pid_t pid = worker.value("pid", 0);
      std::printf("signal %d to worker %d (pid %d)\n", kSignals[kind], number, pid);
      if (pid > 0) ::kill(pid, kSignals[kind]);
    } else if (kind < 6) {
      std::printf("hang\n");
      hanging.push_back(server.start_request(kind == 4 ? "/v1/faults/hang?mode=spin"
                                                       : "/v1/faults/hang?mode=sleep"));
      if (hanging.size() > 4) hanging.erase(hanging.begin());
    } else if (kind < 8) {
      std::printf("reload\n");
      server.signal(SIGHUP);
    } else {
      std::printf("scale %d\n", wanted);
      server.control({{"cmd", "scale"}, {"workers", wanted}});
    }
  } catch (const std::exception& error) {
    std::printf("  not done: %s\n", error.what());
  }
}

/// Every pid of which the log says that something was done to it.
std::set<std::string> victims_in(const std::string& log) {
  std::set<std::string> victims;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const auto pid = line.rfind("pid ");
    const bool suffered =
        line.find(" hung ") != std::string::npos || line.find(" stopped by") != std::string::npos ||
        line.find(" ended by ") != std::string::npos || line.find(" sent SIG") != std::string::npos;
    if (!suffered || pid == std::string::npos) continue;
    const auto end = line.find_first_not_of("0123456789", pid + 4);
    victims.insert(line.substr(pid + 4, end == std::string::npos ? end : end - pid - 4));
  }
  return victims;
}

bool is_calm(const ServerProcess& server) {
  const auto status = server.control({{"cmd", "status"}});
  if (status["reloading"] != false || status["workers"].size() != kWorkers) return false;
  for (const auto& worker : status["workers"]) {
    if (worker["state"] != "idle") return false;
  }
  return true;
}

bool hold(bool condition, const std::string& what) {
  std::printf("%s  %s\n", condition ? "ok    " : "FAILED", what.c_str());
  return condition;
}

/// Acknowledged todos that are not there.
long missing_todos(std::uint16_t port, const Ledger& ledger) {
  long missing = 0;
  HttpConnection reader(port);
  for (const std::string& id : ledger.acknowledged) {
    reader.send_request("GET", "/v1/todos/" + id);
    if (reader.read_response().status != 200) ++missing;
  }
  return missing;
}

/// Only a victim's own connections may fail, and those of which nobody knows who had accepted them.
bool victims_explain_failures(const Ledger& ledger, const std::set<std::string>& victims) {
  long unexcused = 0;
  long unowned = 0;
  for (const Failure& failure : ledger.failures) {
    if (failure.owner.empty()) {
      ++unowned;
    } else if (!victims.contains(failure.owner)) {
      ++unexcused;
      std::printf("  failed on a connection of pid %s: %s\n", failure.owner.c_str(),
                  failure.what.c_str());
    }
  }
  const bool excused =
      hold(unexcused == 0, std::to_string(ledger.requests) + " requests, " +
                               std::to_string(ledger.failures.size()) + " failures, of " +
                               std::to_string(victims.size()) + " victims; " +
                               std::to_string(unexcused) + " outside of them, " +
                               std::to_string(unowned) + " on connections without owner");
  return hold(unowned <= static_cast<long>(victims.size()) * kClients,
              "connections without owner are explained by victims") &&
         excused;
}

int run(std::chrono::seconds duration, std::uint32_t seed) {
  std::printf("chaos: %ld s, seed %u\n", static_cast<long>(duration.count()), seed);
  std::mt19937 random(seed);
  ServerProcess server({.workers = kWorkers,
                        .arguments = {"--hang-after=300ms", "--kill-after=600ms",
                                      "--drain-timeout=2s", "--faults=on"}});
  const std::size_t descriptors_before = open_descriptors(server.pid());
  Ledger ledger;
  std::atomic<bool> enough = false;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] { be_a_client(server.port(), i, ledger, enough); });
  }
  clients.emplace_back([&] { be_a_slow_client(server.port(), enough); });

  std::vector<HttpConnection> hanging;
  for (const auto end = Clock::now() + duration; Clock::now() < end;) {
    fire(server, random, hanging);
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 900));
  }
  enough = true;
  for (std::thread& client : clients) client.join();
  hanging.clear();
  server.control({{"cmd", "scale"}, {"workers", kWorkers}});

  bool all = hold(wait_until([&] { return is_calm(server); }, 60s), "all workers are back");
  const long missing = missing_todos(server.port(), ledger);
  all &= hold(missing == 0, std::to_string(ledger.acknowledged.size()) + " acknowledged todos, " +
                                std::to_string(missing) + " missing");
  all &= victims_explain_failures(ledger, victims_in(server.log()));
  const std::size_t descriptors = open_descriptors(server.pid());
  all &= hold(descriptors <= descriptors_before + 1,
              "descriptors of the primary: " + std::to_string(descriptors_before) + " before, " +
                  std::to_string(descriptors) + " after");
  server.signal(SIGTERM);
  const pid_t group = server.pid();
  all &= hold(server.wait_for_exit(10s) == 0, "stopped cleanly");
  all &= hold(::kill(-group, 0) != 0, "no process is left over");
  if (!all) std::printf("\nThe server's log:\n%s", server.log().c_str());
  return all ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: chaos SECONDS SEED\n");
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    return run(std::chrono::seconds(std::atol(argv[1])),
               static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chaos: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
