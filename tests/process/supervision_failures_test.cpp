// What has bitten other supervisors: signals lost around a fork, timers that outlive their process,
// locks that outlive their owner, a shortage that one child or one viewer meets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/no_more_watches.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/stream_socket.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using namespace std::chrono_literals;
using support::count_in;
using support::HttpConnection;
using support::NoMoreWatches;
using support::Readiness;
using support::ServerProcess;
using support::StreamSocket;
using support::wait_for_log;
using support::wait_for_request;
using support::wait_until;
using ::testing::EndsWith;

/// Nobody of the server's process group is there, not even as a zombie.
bool is_empty(pid_t group) {
  return wait_until([&] { return ::kill(-group, 0) != 0; });
}

TEST(SignalsAroundFork, ATermWhileWorkersAreForkedAndBootIsNotLost) {
  for (const char* moment : {"serving http", "worker 1 forked", "worker 4 forked", "listening"}) {
    ServerProcess server({.workers = 8}, Readiness::kIgnore);
    ASSERT_TRUE(wait_for_log(server, moment));
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait_for_exit(), 0) << moment;
    EXPECT_TRUE(is_empty(server.pid())) << moment;
  }
}

TEST(SignalsAroundFork, ATermWhileTheDeadAreReplacedIsNotLost) {
  for (int round = 0; round < 4; ++round) {
    ServerProcess server({.workers = 3});
    for (int number = 1; number <= 3; ++number) ::kill(server.worker_pid(number), SIGKILL);
    if (round % 2 == 1) {
      ASSERT_TRUE(wait_for_log(server, "generation 2"));
    }
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait_for_exit(), 0) << "the server had to kill nobody";
    EXPECT_TRUE(is_empty(server.pid()));
  }
}

/// Of a server that is being stopped when one of its workers, which still has something to do, gets
/// `signal` from somebody else.
int exit_code_when_a_draining_worker_gets(int signal) {
  ServerProcess server({.workers = 2, .arguments = {"--hang-after=60s"}});
  auto slow = server.start_request("/v1/faults/slow?ms=60000");
  const int number = wait_for_request(server, 2);
  const pid_t worker = server.worker_pid(number);
  server.signal(SIGTERM);
  EXPECT_TRUE(wait_for_log(server, "worker " + std::to_string(number) + " draining"));
  ::kill(worker, signal);
  return server.wait_for_exit();
}

TEST(SignalsAroundFork, AWorkerThatSomebodyElseKillsIsNoFailureOfTheStop) {
  EXPECT_EQ(exit_code_when_a_draining_worker_gets(SIGKILL), 0);
}

TEST(SignalsAroundFork, AWorkerThatCrashesOnItsWayOutIsAFailureOfTheStop) {
  EXPECT_EQ(exit_code_when_a_draining_worker_gets(SIGSEGV), 1);
}

TEST(SignalsAroundFork, ATermSentTwiceIsStillGraceful) {
  ServerProcess server({.workers = 2});
  auto slow = server.start_request("/v1/faults/slow?ms=1000");
  ASSERT_NE(wait_for_request(server, 2), 0);
  server.signal(SIGTERM);
  ASSERT_TRUE(wait_for_log(server, "shutting down"));
  server.signal(SIGTERM);
  EXPECT_EQ(slow.read_response().status, 200);
  EXPECT_EQ(server.wait_for_exit(), 0);
}

// The number of the process that has died may belong to another one by the time the timer fires;
// here the worker's successor would be the one to suffer.
TEST(KillTimer, DoesNotOutliveTheWorkerItWasSetFor) {
  const ServerProcess server(
      {.workers = 1, .arguments = {"--hang-after=200ms", "--kill-after=600ms"}});
  for (int generation = 1; generation <= 3; ++generation) {
    auto hanging = server.start_request("/v1/faults/hang?mode=sleep");
    // If we are too late, the timer has come before us, and there is nothing to see in this round.
    ASSERT_TRUE(wait_until([&] {
      const auto worker = server.worker(1);
      if (worker["generation"] > generation) return true;
      if (worker["hang"].is_null() || worker["hang"]["kill_in_ms"] >= 15) return false;
      ::kill(worker["pid"].get<pid_t>(), SIGKILL);
      return true;
    }));
    ASSERT_TRUE(support::wait_for_generation(server, 1, generation + 1));
    // Well past the time of the timer.
    EXPECT_TRUE(support::wait_while_watched(server, 1, 300ms)) << server.log();
    EXPECT_EQ(server.worker_state(1), "idle");
  }
}

// ── the user has no room for another descriptor that epoll watches ───────────────────────────────

TEST(NoMoreWatches, AWorkerIsForkedOnceThereIsRoomForItAndTheOthersServe) {
  NoMoreWatches room;
  const ServerProcess server({.workers = 2, .environment = room.environment()});
  const pid_t other = server.worker_pid(1);
  const pid_t victim = server.worker_pid(2);
  room.take();
  ::kill(victim, SIGKILL);
  ASSERT_TRUE(
      wait_for_log(server, "worker 2 cannot be forked: epoll_ctl: No space left on device"));
  EXPECT_EQ(server.request("GET", "/v1/todos").status, 200);
  EXPECT_EQ(count_in(server.log(), "worker 2 forked"), 1) << "none that nobody would hear";
  room.give_back();
  EXPECT_TRUE(support::wait_for_generation(server, 2, 2));
  EXPECT_EQ(server.worker_pid(1), other);
}

TEST(NoMoreWatches, AViewerIsToldSoAndTheNextOneIsServed) {
  NoMoreWatches room;
  const ServerProcess server({.workers = 1, .environment = room.environment()});
  const auto deadline = StreamSocket::Clock::now() + 5s;
  auto earlier = StreamSocket::connect_unix(server.control_socket());
  const std::string command = "{\"cmd\":\"status\"}\n";
  ASSERT_THAT(earlier.exchange_line(command, deadline), EndsWith("\n"));
  room.take();
  auto viewer = StreamSocket::connect_unix(server.control_socket());
  std::string answer;
  while (viewer.receive(answer, deadline)) {  // to the end: it is disconnected
  }
  const auto refusal = nlohmann::json::parse(answer, nullptr, false);
  ASSERT_TRUE(refusal.is_object()) << answer;
  EXPECT_EQ(refusal["ok"], false);
  EXPECT_EQ(refusal["error"], "no room for you: epoll_ctl: No space left on device");
  EXPECT_THAT(earlier.exchange_line(command, deadline), EndsWith("\n")) << "who is in stays in";
  room.give_back();
  EXPECT_EQ(server.control({{"cmd", "status"}})["ok"], true);
}

TEST(NoMoreWatches, TheControlSocketIsBoundAnewOnceThereIsRoomForIt) {
  NoMoreWatches room;
  const ServerProcess server({.workers = 1, .environment = room.environment()});
  const auto path = server.control_socket();
  room.take();
  std::filesystem::remove(path);
  ASSERT_TRUE(wait_for_log(server, "nobody can attach: "));
  EXPECT_TRUE(wait_for_log(server, "epoll_ctl: No space left on device"));
  EXPECT_EQ(server.request("GET", "/v1/todos").status, 200);
  room.give_back();
  ASSERT_TRUE(wait_for_log(server, "the control socket is bound: "));
  EXPECT_EQ(server.control({{"cmd", "status"}})["ok"], true);
  EXPECT_EQ(count_in(server.log(), "nobody can attach: "), 1);
}

/// Creates todos until told to stop, on a new connection whenever the old one is gone. Counts what
/// was answered with 201; anything else that is an answer is a failure.
void write_steadily(std::uint16_t port, const std::atomic<bool>& enough, std::atomic<long>& created,
                    std::atomic<long>& refused) {
  std::optional<HttpConnection> connection;
  while (!enough) {
    try {
      if (!connection) connection.emplace(port);
      connection->send_request("POST", "/v1/todos", R"({"title":"under fire"})");
      ++(connection->read_response().status == 201 ? created : refused);
    } catch (const std::system_error& error) {
      if (error.code().value() == ETIMEDOUT) ++refused;
      connection.reset();
    } catch (const std::exception&) {
      connection.reset();  // its worker was the victim
    }
  }
}

TEST(LockOfAKilledWriter, HoldsUpNobody) {
  const ServerProcess server({.workers = 3});
  std::atomic<bool> enough = false;
  std::atomic<long> created = 0;
  std::atomic<long> refused = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 6; ++i) {
    clients.emplace_back([&] { write_steadily(server.port(), enough, created, refused); });
  }
  std::array<pid_t, 3> last{};
  for (int round = 0; round < 12; ++round) {
    const long before = created;
    const int number = 1 + round % 3;
    pid_t& victim = last.at(static_cast<std::size_t>(round % 3));
    victim = support::wait_for_successor(server, number, victim);
    if (victim == 0) {
      ADD_FAILURE() << "worker " << number << " does not come back";
      break;
    }
    ::kill(victim, SIGKILL);
    EXPECT_TRUE(wait_until([&] { return created > before + 20; })) << "writing goes on";
    EXPECT_EQ(server.request("GET", "/v1/todos?limit=1").status, 200);
  }
  enough = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(refused, 0);
  const auto all = server.request("GET", "/v1/todos?limit=1");
  EXPECT_GE(std::stol(all.header("x-total-count")), created.load()) << "nothing is lost";
}

}  // namespace
}  // namespace forkscope
