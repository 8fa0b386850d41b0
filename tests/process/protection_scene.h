// What every test of protection begins with: a server with four workers that is used by a crowd,
// and an eye on what it counts.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "support/crowd.h"
#include "support/figures.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/todos.h"
#include "support/wait_until.h"

namespace forkscope {

using support::Crowd;
using support::Figures;
using support::Habit;
using support::Habits;
using support::HttpConnection;
using support::Seen;
using support::ServerOptions;
using support::ServerProcess;
using support::wait_until;
using telemetry::MoveReason;

inline constexpr int kWorkers = 4;

/// Nobody does anything but when called on.
inline const Habits kResting = {{Habit::rests, 64}};

/// Whatever a connection can be in the middle of.
inline const Habits kAllHabits = {{Habit::loops, 20},    {Habit::pipelines, 12},
                                  {Habit::rests, 8},     {Habit::cuts_head, 8},
                                  {Habit::cuts_body, 8}, {Habit::expects, 8}};

/// More of the command line. Half a request may wait for long: machines are slow at times.
inline ServerOptions with(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "--head-timeout=2m");
  return {.workers = kWorkers, .arguments = std::move(arguments)};
}

/// Of all workers, by their numbers: a reload changes both.
inline std::map<int, pid_t> worker_pids(const ServerProcess& server) {
  std::map<int, pid_t> pids;
  const auto status = server.control({{"cmd", "status"}});
  for (const auto& worker : status["workers"]) pids[worker["number"]] = worker["pid"];
  return pids;
}

/// Until a reload that has been asked for is over: none of `old` is a worker any more.
inline bool wait_for_reload(const ServerProcess& server, const std::map<int, pid_t>& old) {
  return wait_until([&] {
    if (server.control({{"cmd", "status"}})["reloading"] == true) return false;
    const auto now = worker_pids(server);
    return now.size() == old.size() && std::ranges::none_of(old, [&](const auto& worker) {
             const auto found = now.find(worker.first);
             return found != now.end() && found->second == worker.second;
           });
  });
}

/// A connection of the test's own, for the request that takes its worker along.
struct Culprit {
  explicit Culprit(const ServerProcess& server) : connection(server.port()) {
    connection.send_request("GET", "/livez");
    worker = std::stoi(connection.read_response().header("x-worker"));
  }
  void ask(const std::string& target) { connection.send_request("GET", target); }
  /// What it has asked for is never answered: its connection ends.
  bool is_cut() {
    try {
      connection.read_response();
      return false;
    } catch (const std::system_error& error) {
      return error.code() == std::errc::connection_reset;
    }
  }

  HttpConnection connection;
  int worker;  ///< Where it is.
};

/// One at each worker.
inline std::map<int, Culprit> culprits_everywhere(const ServerProcess& server,
                                                  std::size_t workers = kWorkers) {
  std::map<int, Culprit> culprits;
  std::deque<Culprit> more;  // stay where they are, so that the next one goes elsewhere
  for (int i = 0; i < 64 && culprits.size() < workers; ++i) {
    Culprit culprit(server);
    if (culprits.contains(culprit.worker)) {
      more.push_back(std::move(culprit));
    } else {
      culprits.emplace(culprit.worker, std::move(culprit));
    }
  }
  EXPECT_EQ(culprits.size(), workers);
  return culprits;
}

/// Declared so by the primary.
inline bool is_hung(const ServerProcess& server, int worker) {
  return wait_until([&] { return server.worker_state(worker) == "hung"; });
}

struct Scene {
  explicit Scene(ServerOptions options = with({}), const Habits& habits = support::kMixed,
                 std::chrono::milliseconds pause = std::chrono::milliseconds(20))
      : server(std::move(options)), figures(server), crowd(server, habits, pause) {}

  /// So many of the crowd's connections broke, and the server knows of each; nobody was told to
  /// go, got what was not his, or has lost a todo or got two.
  void expect_broken(long with_request) {
    const Seen seen = crowd.seen();
    EXPECT_EQ(seen.broken_with_request + seen.broken_with_half, with_request)
        << ::testing::PrintToString(seen);
    EXPECT_EQ(seen.broken_at_rest, 0) << ::testing::PrintToString(seen);
    EXPECT_EQ(seen.told_to_close, 0);
    EXPECT_TRUE(seen.wrong.empty()) << ::testing::PrintToString(seen);
    EXPECT_EQ(support::audit(seen, support::titles(server)), "");
  }
  /// The crowd has noticed nothing, and so many requests of others were lost.
  void expect_unharmed(long lost) {
    expect_broken(0);
    EXPECT_TRUE(wait_until([&] { return figures.lost() == lost; })) << figures.lost();
  }
  /// The server has counted that, or will with its next beat.
  void expect_moved(MoveReason reason, long connections) {
    EXPECT_TRUE(wait_until([&] { return figures.moved(reason) == connections; }))
        << figures.moved(reason) << " have moved, not " << connections;
  }
  /// Until each worker has its share and no connection is on its way to another one, or none is new
  /// any more: nothing moves from now on without a reason (balance.h), and each client knows whose
  /// it is.
  void settle() {
    using Clock = std::chrono::steady_clock;
    long moves = -1;
    auto still_since = Clock::now();
    const auto is_still = [&] {
      const long before = std::exchange(moves, crowd.seen().moves);
      if (is_even() && moves == before) {
        return Clock::now() - still_since > std::chrono::milliseconds(250);  // two of its looks
      }
      still_since = Clock::now();
      return has_no_newcomer();
    };
    EXPECT_TRUE(wait_until(is_still, std::chrono::seconds(20)));
    EXPECT_TRUE(crowd.everybody_is_answered());
  }
  /// So that nobody has to give any away.
  bool is_even() const {
    const auto status = server.control({{"cmd", "status"}});
    int least = 1000;
    int total = 0;
    for (const auto& worker : status["workers"]) {
      least = std::min<int>(least, worker["connections"]);
      total += worker["connections"].get<int>();
    }
    return least + 1 >= total / static_cast<int>(status["workers"].size());
  }
  bool has_no_newcomer() const {
    const auto status = server.control({{"cmd", "status"}});
    return std::ranges::all_of(status["workers"],
                               [](const auto& worker) { return worker["uptime_ms"] > 10'500; });
  }
  /// Until that worker has its so-manieth process.
  bool is_back(int worker, int generation) const {
    return wait_until([&] { return server.worker(worker)["generation"] == generation; });
  }
  /// Until it serves. Its pid, or 0.
  pid_t serving(int worker) const {
    pid_t pid = 0;
    wait_until([&] {
      const auto now = server.worker(worker);
      if (now["state"] == "idle" || now["state"] == "busy") pid = now["pid"];
      return pid != 0;
    });
    return pid;
  }
  /// How many of the crowd were answered by that worker last.
  int clients_of(int worker) const {
    const Seen seen = crowd.seen();
    const auto found = seen.connections.find(std::to_string(worker));
    return found == seen.connections.end() ? 0 : found->second;
  }
  /// Each worker has its share of the crowd, or gets it soon.
  void expect_balanced() {
    EXPECT_TRUE(wait_until([&] {
      if (!crowd.everybody_is_answered()) return false;
      const auto workers = worker_pids(server);
      const int share = 64 / static_cast<int>(workers.size());
      return std::ranges::all_of(workers, [&](const auto& worker) {
        return std::abs(clients_of(worker.first) - share) <= 4;
      });
    })) << ::testing::PrintToString(crowd.seen());
  }
  /// That many answers later.
  bool wait_for_answers(long count) const {
    const long enough = crowd.seen().answers + count;
    return wait_until([&] { return crowd.seen().answers >= enough; }, std::chrono::seconds(30));
  }

  ServerProcess server;
  Figures figures;
  Crowd crowd;
};

}  // namespace forkscope
