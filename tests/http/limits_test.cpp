// Clients that take their time, never read, or come in numbers: each costs itself something, and
// nobody else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include <chrono>
#include <deque>
#include <fstream>
#include <string>
#include <system_error>

#include "support/proc.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope::http {
namespace {

using namespace std::chrono_literals;
using support::http_request;
using support::HttpConnection;
using support::open_descriptors;
using support::ServerOptions;
using support::ServerProcess;
using support::wait_for_quiet;
using support::wait_until;
using Clock = std::chrono::steady_clock;

const std::string kHost = "Host: localhost\r\n";

bool is_answered(const ServerProcess& server) {
  return server.request("GET", "/v1/todos?limit=1").status == 200;
}

/// Something has come for the client, or the end.
bool is_readable(HttpConnection& connection) {
  pollfd entry{.fd = connection.socket().fd(), .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

/// User and system time of a process, in clock ticks.
long cpu_ticks(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(stat, text);
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;  // proc(5): utime is the 14th
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return user + system;
}

/// Whether the process uses next to no CPU time for half a second, sooner or later. One that spins
/// is to be told from it even where it gets an eighth of a core.
bool comes_to_rest(pid_t pid) {
  return wait_until([&] {
    const long before = cpu_ticks(pid);
    support::pass(500ms);
    return cpu_ticks(pid) - before <= 5;
  });
}

/// Todos of about 2 KB each, so that a list of 300 is more than the kernel buffers for a peer.
void post_large_todos(const ServerProcess& server) {
  std::string title;
  for (int i = 0; i < 500; ++i) title += "\xf0\x9f\x8d\xb4";
  HttpConnection connection(server.port());
  for (int i = 0; i < 300; ++i) {
    connection.send_request("POST", "/v1/todos", R"({"title":")" + title + "\"}");
    ASSERT_EQ(connection.read_response().status, 201);
  }
}

TEST(SlowReader, BlocksNobodyAndGetsEverythingInTheEnd) {
  const ServerProcess server({.workers = 1});
  post_large_todos(server);
  HttpConnection slow(server.port());
  for (int i = 0; i < 20; ++i) slow.send_request("GET", "/v1/todos?limit=1000");  // 12 MB

  for (int i = 0; i < 100; ++i) ASSERT_TRUE(is_answered(server)) << i;
  EXPECT_EQ(server.worker(1)["hangs"], 0);

  const auto expected = server.request("GET", "/v1/todos?limit=1000").body;
  EXPECT_GT(expected.size(), 600'000U);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(slow.read_response().body, expected) << i;
}

TEST(SlowReader, IsNotReadFromWhileItOwesUsItsAttention) {
  const ServerProcess server({.workers = 1});
  post_large_todos(server);
  HttpConnection greedy(server.port(), 500ms);
  const std::string get = "GET /v1/todos?limit=1000 HTTP/1.1\r\n" + kHost + "\r\n";
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += get;
  // The kernel's buffers fill up, and then nobody takes more from it.
  EXPECT_THROW(
      {
        for (int i = 0; i < 1000; ++i) greedy.send(flood);
      },
      std::system_error);
  EXPECT_TRUE(is_answered(server));
  EXPECT_TRUE(comes_to_rest(server.worker_pid(1))) << "it spins";
}

TEST(SlowReader, ThatGoesAwayLeavesNothingBehind) {
  const ServerProcess server({.workers = 1});
  post_large_todos(server);
  {
    std::deque<HttpConnection> slow;
    for (int i = 0; i < 20; ++i) {
      slow.emplace_back(server.port()).send_request("GET", "/v1/todos?limit=1000");
    }
    ASSERT_TRUE(wait_until([&] { return server.worker(1)["connections"] == 20; }));
    EXPECT_TRUE(is_answered(server));
  }
  EXPECT_TRUE(wait_until([&] { return server.worker(1)["connections"] == 0; }));
  EXPECT_EQ(server.worker(1)["generation"], 1);
}

// ── timeouts ──

/// All timeouts are long but the one at hand, and a hang is declared long before any of them.
ServerOptions with_timeout(const std::string& timeout) {
  return {.workers = 1, .arguments = {"--hang-after=300ms", "--kill-after=600ms", timeout}};
}

void expect_408_and_the_end(HttpConnection& connection) {
  const auto response = connection.read_response();
  EXPECT_EQ(response.status, 408);
  EXPECT_EQ(response.header("content-type"), "application/problem+json");
  EXPECT_EQ(response.header("connection"), "close");
  EXPECT_TRUE(connection.is_closed_by_peer());
}

TEST(SlowWriter, OfAHeadGetsA408AndIsNeverTakenForAHang) {
  const ServerProcess server(with_timeout("--head-timeout=1500ms"));
  const pid_t worker = server.worker_pid(1);
  const auto begin = Clock::now();
  HttpConnection silent(server.port());
  HttpConnection trickling(server.port());  // progress does not buy time
  trickling.send("GET /v1/todos HTTP/1.1\r\nX: ");
  HttpConnection second(server.port());  // the clock starts with each request
  second.send_request("GET", "/livez");
  EXPECT_EQ(second.read_response().status, 200);
  HttpConnection stuck(server.port());
  stuck.send("GET /v1/todos HTTP/1.1\r\nHo");
  ASSERT_TRUE(wait_until([&] {
    if (is_readable(trickling)) return true;
    trickling.send("x");
    EXPECT_TRUE(is_answered(server));
    return false;
  }));
  second.send("G");
  for (HttpConnection* slow : {&trickling, &stuck}) expect_408_and_the_end(*slow);
  EXPECT_TRUE(silent.is_closed_by_peer()) << "who has not begun a request gets no answer";
  // Only the time tells a timeout from a refusal; a slow machine can't make it shorter.
  EXPECT_GE(Clock::now() - begin, 1400ms);
  second.send("ET /livez HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_EQ(second.read_response().status, 200);
  EXPECT_EQ(server.worker(1)["hangs"], 0);
  EXPECT_EQ(server.worker_pid(1), worker);
}

TEST(SlowWriter, OfABodyGetsA408) {
  const ServerProcess server(with_timeout("--body-timeout=1s"));
  HttpConnection sized(server.port());
  sized.send("POST /v1/todos HTTP/1.1\r\n" + kHost + "Content-Length: 100\r\n\r\n{");
  HttpConnection chunked(server.port());
  chunked.send("POST /v1/todos HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n5\r\n{");
  HttpConnection waiting(server.port());  // got its 100 and says nothing
  waiting.send("POST /v1/todos HTTP/1.1\r\n" + kHost +
               "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n");
  EXPECT_EQ(waiting.read_response(support::Body::kNone).status, 100);
  for (HttpConnection* slow : {&sized, &chunked, &waiting}) expect_408_and_the_end(*slow);
  EXPECT_EQ(server.worker(1)["hangs"], 0);
  EXPECT_EQ(server.request("GET", "/v1/todos").body, "[]");
}

TEST(SilentClient, IsClosedWithoutAWordAfterTheIdleTimeout) {
  const ServerProcess server(with_timeout("--idle-timeout=1s"));
  HttpConnection idle(server.port());
  const auto begin = Clock::now();
  idle.send_request("GET", "/livez");
  EXPECT_EQ(idle.read_response().status, 200);
  EXPECT_TRUE(idle.is_closed_by_peer());
  // Only the time tells a timeout from a refusal; a slow machine can't make it shorter.
  EXPECT_GE(Clock::now() - begin, 900ms);
  EXPECT_TRUE(is_answered(server));
}

TEST(SlowReader, ThatReadsNothingIsClosedAfterTheWriteTimeout) {
  // A list of so many todos takes its time on a busy machine, and is no hang.
  const ServerProcess server(
      {.workers = 1, .arguments = {"--hang-after=1500ms", "--write-timeout=3s"}});
  post_large_todos(server);
  HttpConnection slow(server.port());
  for (int i = 0; i < 20; ++i) slow.send_request("GET", "/v1/todos?limit=1000");
  ASSERT_TRUE(wait_until([&] { return server.worker(1)["connections"] == 1; }));
  EXPECT_TRUE(wait_until([&] { return server.worker(1)["connections"] == 0; }, 20s));
  EXPECT_EQ(server.worker(1)["hangs"], 0);
}

/// One worker that is occupied for longer than anybody may keep it waiting.
ServerOptions with_little_time() {
  return {.workers = 1,
          .arguments = {"--hang-after=60s", "--head-timeout=3s", "--body-timeout=3s",
                        "--idle-timeout=3s", "--write-timeout=3s"}};
}

HttpConnection occupy(const ServerProcess& server) {
  HttpConnection connection = server.start_request("/v1/faults/slow?ms=4000");
  EXPECT_EQ(support::wait_for_request(server, 1), 1);
  return connection;
}

TEST(ClientOfAnOccupiedWorker, IsAnsweredIfItsRequestCameInTime) {
  const ServerProcess server(with_little_time());
  HttpConnection kept(server.port());
  kept.send_request("GET", "/livez");
  ASSERT_EQ(kept.read_response().status, 200);
  HttpConnection fresh(server.port());
  HttpConnection silent(server.port());
  HttpConnection head(server.port());
  head.send("GET /livez HT");
  HttpConnection body(server.port());
  body.send("POST /v1/todos HTTP/1.1\r\n" + kHost + "Content-Length: 100013\r\n\r\n{");
  ASSERT_TRUE(wait_until([&] { return server.worker(1)["connections"] == 5; }));

  HttpConnection occupying = occupy(server);
  kept.send_request("GET", "/livez");
  fresh.send_request("GET", "/livez");
  head.send("TP/1.1\r\n" + kHost + "\r\n");
  body.send(R"("title":"x"})" + std::string(100'000, ' '));
  EXPECT_EQ(occupying.read_response().status, 200);
  for (HttpConnection* client : {&kept, &fresh, &head}) {
    EXPECT_EQ(client->read_response().status, 200);
  }
  EXPECT_EQ(body.read_response().status, 201);
  EXPECT_TRUE(silent.is_closed_by_peer());
}

TEST(ClientOfAnOccupiedWorker, GetsTheRestIfItHasReadMeanwhile) {
  const ServerProcess server(with_little_time());
  post_large_todos(server);
  const auto expected = server.request("GET", "/v1/todos?limit=1000").body;
  HttpConnection slow(server.port());
  for (int i = 0; i < 40; ++i) slow.send_request("GET", "/v1/todos?limit=1000");
  ASSERT_TRUE(comes_to_rest(server.worker_pid(1))) << "the kernel takes no more";

  HttpConnection occupying = occupy(server);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(slow.read_response().body, expected) << i;
  EXPECT_EQ(occupying.read_response().status, 200);
  for (int i = 5; i < 40; ++i) ASSERT_EQ(slow.read_response().body, expected) << i;
}

TEST(Limit, OfABodyIsAnOption) {
  const ServerProcess server({.workers = 1, .arguments = {"--max-body=20"}});
  EXPECT_EQ(server.request("POST", "/v1/todos", R"({"title":"x"})").status, 201);
  EXPECT_EQ(server
                .request("POST", "/v1/todos",
                         R"({"title":"too long"})"
                         "  ")
                .status,
            413);
}

TEST(Limit, OfAHeadIsAnOption) {
  const std::string field = "X: " + std::string(20'000, 'x') + "\r\n";
  const auto ask = [](const ServerProcess& server, const std::string& target,
                      const std::string& fields) {
    return http_request(server.port(), "GET", target, "", fields).status;
  };
  const ServerProcess usual({.workers = 1});
  EXPECT_EQ(ask(usual, "/livez", field), 431);
  const ServerProcess large({.workers = 1, .arguments = {"--max-head=65536"}});
  EXPECT_EQ(ask(large, "/livez", field), 200);
  EXPECT_EQ(ask(large, "/livez?" + std::string(30'000, 'x'), ""), 200);
  EXPECT_EQ(ask(large, "/livez?" + std::string(33'000, 'x'), ""), 414);
  const ServerProcess small({.workers = 1, .arguments = {"--max-head=1024"}});
  EXPECT_EQ(ask(small, "/livez", "X: " + std::string(1000, 'x') + "\r\n"), 431);
  EXPECT_EQ(ask(small, "/livez", ""), 200);
}

TEST(RefusedClient, ThatSendsItsBodySlowlyGetsTheAnswerBehindIt) {
  const ServerProcess server({.workers = 1});
  HttpConnection connection(server.port());
  const std::string piece(50'000, 'x');
  connection.send("POST /v1/todos HTTP/1.1\r\n" + kHost + "Content-Length: 3000000\r\n\r\n");
  for (int i = 0; i < 60; ++i) {  // and nobody looks for an answer meanwhile
    connection.send(piece);
    // Once the only worker has answered somebody else, it has read this piece by itself.
    ASSERT_TRUE(is_answered(server));
    // Nothing is to come of a pause that is longer than what ends a client who owes nothing more.
    if (i == 30) support::pass(2200ms);
  }
  EXPECT_EQ(connection.read_response().status, 413);
  EXPECT_TRUE(connection.is_closed_by_peer());
}

TEST(RefusedClient, ThatNeverClosesIsClosedForGood) {
  const ServerProcess server({.workers = 1});
  const pid_t worker = server.worker_pid(1);
  HttpConnection connection(server.port());
  // With the second answer the worker has certainly closed all connections before this one.
  for (int i = 0; i < 2; ++i) {
    connection.send_request("GET", "/livez");
    ASSERT_EQ(connection.read_response().status, 200);
  }
  const std::size_t with_it = open_descriptors(worker);
  connection.send("nonsense\r\n\r\n");
  EXPECT_EQ(connection.read_response().status, 400);
  EXPECT_TRUE(connection.is_closed_by_peer());
  EXPECT_EQ(open_descriptors(worker), with_it) << "the client may still be sending";
  EXPECT_TRUE(wait_until([&] { return open_descriptors(worker) < with_it; }, 15s));
}

TEST(RefusedClient, ThatSendsForEverIsClosedForGood) {
  const ServerProcess server({.workers = 1});
  HttpConnection connection(server.port());
  connection.send("POST /v1/todos HTTP/1.1\r\n" + kHost + "Content-Length: 999999999999\r\n\r\n");
  EXPECT_EQ(connection.read_response().status, 413);
  const std::string flood(1 << 20, 'x');
  EXPECT_TRUE(wait_until(
      [&] {
        EXPECT_TRUE(is_answered(server));
        try {
          connection.send(flood);
          return false;
        } catch (const std::system_error&) {
          return true;
        }
      },
      20s));
}

const std::string kNoRoom = "no worker has room for more connections";

TEST(ConnectionLimit, MakesTheLongestIdleGiveWayToWhoAsks) {
  const ServerProcess server({.workers = 1, .arguments = {"--max-connections=3"}});
  ASSERT_TRUE(wait_for_quiet(server, 1));
  std::deque<HttpConnection> held;
  for (int i = 0; i < 8; ++i) {
    held.emplace_back(server.port()).send_request("GET", "/livez");
    ASSERT_EQ(held.back().read_response().status, 200);
    if (held.size() <= 3) continue;
    EXPECT_TRUE(held.front().is_closed_by_peer());
    held.pop_front();
    held.front().send_request("GET", "/livez");  // now it is the one that was used last
    EXPECT_EQ(held.front().read_response().status, 200);
    held.push_back(std::move(held.front()));
    held.pop_front();
  }
  EXPECT_TRUE(wait_until([&] { return server.worker(1)["connections"] == 3; }));
  EXPECT_TRUE(comes_to_rest(server.worker_pid(1))) << "it spins";
  EXPECT_TRUE(wait_until([&] { return support::count_in(server.log(), kNoRoom) == 1; }));
  held.front().send_request("GET", "/metrics");
  EXPECT_THAT(held.front().read_response().body,
              ::testing::HasSubstr("connection_limit_reached_total{worker=\"1\"} 5"));
  EXPECT_EQ(support::count_in(server.log(), kNoRoom), 1) << "once a minute is enough";
}

TEST(ConnectionLimit, OnAllWorkersKeepsNobodyOut) {
  const ServerProcess server({.workers = 2, .arguments = {"--max-connections=5"}});
  std::deque<HttpConnection> idle;
  for (int i = 0; i < 40; ++i) {
    idle.emplace_back(server.port()).send_request("GET", "/livez");
    EXPECT_EQ(idle.back().read_response().status, 200);
  }
  EXPECT_LE(server.worker(1)["connections"], 5);
  EXPECT_LE(server.worker(2)["connections"], 5);
}

TEST(ConnectionLimit, AsksClientsThatAreAtItToLeave) {
  const ServerProcess server({.workers = 1, .arguments = {"--max-connections=1"}});
  // A connection that is used all the time is not closed, but told that this was its last answer.
  EXPECT_TRUE(wait_until([&] {
    try {
      HttpConnection busy(server.port());
      busy.send_request("GET", "/livez");
      busy.read_response();
      HttpConnection next(server.port());
      next.send_request("GET", "/livez");
      for (;;) {
        busy.send_request("GET", "/livez");
        if (busy.read_response().header("connection") == "close") break;
      }
      return next.read_response().status == 200;
    } catch (const std::exception&) {
      return false;  // it has paused for too long, on this machine
    }
  }));
}

/// Three connections that the server waits for, and no timeout that would end it.
ServerOptions three_connections() {
  return {.workers = 1,
          .arguments = {"--max-connections=3", "--head-timeout=60s", "--body-timeout=60s",
                        "--write-timeout=60s"}};
}

TEST(ConnectionLimit, MakesTheLongestHalfSentRequestGiveWay) {
  const ServerProcess server(three_connections());
  ASSERT_TRUE(wait_for_quiet(server, 1));
  HttpConnection silent(server.port());
  HttpConnection head(server.port());
  head.send("GET /livez HTTP/1.1\r\nHo");
  ASSERT_TRUE(wait_until([&] { return server.worker(1)["connections"] == 2; }));
  HttpConnection body(server.port());
  body.send("POST /v1/todos HTTP/1.1\r\n" + kHost + "Content-Length: 100\r\n\r\n{");
  ASSERT_TRUE(wait_until([&] { return server.worker(1)["connections"] == 3; }));
  EXPECT_TRUE(is_answered(server));
  EXPECT_TRUE(silent.is_closed_by_peer()) << "who says nothing goes first";
  std::deque<HttpConnection> more;  // half-sent as well, so that nobody is idle
  for (int i = 0; i < 2; ++i) more.emplace_back(server.port()).send("GET");
  expect_408_and_the_end(head);
  body.send(std::string(99, ' '));
  EXPECT_EQ(body.read_response().status, 400) << "it had time left";
}

TEST(ConnectionLimit, MakesWhoReadsNothingGiveWay) {
  const ServerProcess server(three_connections());
  post_large_todos(server);
  std::deque<HttpConnection> slow;
  for (int i = 0; i < 3; ++i) {
    slow.emplace_back(server.port());
    for (int k = 0; k < 20; ++k) slow.back().send_request("GET", "/v1/todos?limit=1000");
  }
  ASSERT_TRUE(wait_until([&] { return server.worker(1)["connections"] == 3; }));
  EXPECT_TRUE(is_answered(server));
}

TEST(ConnectionLimit, OfOneWorkerSendsConnectionsToTheOthers) {
  const ServerProcess server({.workers = 3, .arguments = {"--max-connections=10"}});
  ASSERT_TRUE(wait_for_quiet(server, 3));
  std::deque<HttpConnection> held;
  for (int i = 0; i < 30; ++i) held.emplace_back(server.port()).send_request("GET", "/livez");
  for (HttpConnection& connection : held) ASSERT_EQ(connection.read_response().status, 200);
  for (int number = 1; number <= 3; ++number) {
    EXPECT_TRUE(wait_until([&] { return server.worker(number)["connections"] == 10; }));
  }
  EXPECT_EQ(support::count_in(server.log(), kNoRoom), 0);
}

TEST(DescriptorLimit, KeepsNobodyOutEither) {
  const ServerProcess server({.workers = 1});
  ASSERT_TRUE(wait_for_quiet(server, 1));
  const pid_t worker = server.worker_pid(1);
  const rlimit few{open_descriptors(worker) + 3, 1024};
  ASSERT_EQ(::prlimit(worker, RLIMIT_NOFILE, &few, nullptr), 0);
  std::deque<HttpConnection> clients;
  for (int i = 0; i < 10; ++i) {
    clients.emplace_back(server.port()).send_request("GET", "/livez");
    EXPECT_EQ(clients.back().read_response().status, 200);
  }
  EXPECT_TRUE(wait_until([&] { return open_descriptors(worker) == few.rlim_cur; }));
  EXPECT_TRUE(comes_to_rest(worker)) << "it spins";
  EXPECT_EQ(server.worker_pid(1), worker);
}

rlim_t descriptor_limit(const ServerProcess& server) {
  rlimit limit{};
  EXPECT_EQ(::prlimit(server.worker_pid(1), RLIMIT_NOFILE, nullptr, &limit), 0);
  return limit.rlim_cur;
}

TEST(DescriptorLimit, IsRaisedToWhatTheConnectionsNeed) {
  const ServerProcess server({.workers = 1,
                              .arguments = {"--max-connections=500"},
                              .launcher = support::with_ulimit("-Sn 200")});
  EXPECT_GT(descriptor_limit(server), 500U);
  EXPECT_EQ(server.log().find("ulimit"), std::string::npos) << server.log();
}

TEST(DescriptorLimit, IsToldOnceWhereItLeavesTooLittleRoom) {
  const ServerProcess server({.workers = 1,
                              .arguments = {"--max-connections=500"},
                              .launcher = support::with_ulimit("-n 200")});
  EXPECT_EQ(descriptor_limit(server), 200U);
  EXPECT_NE(server.log().find("the limit of open files (ulimit -n) is 200"), std::string::npos)
      << server.log();
}

}  // namespace
}  // namespace forkscope::http
