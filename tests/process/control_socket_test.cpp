// The control socket: what it answers, and who can't disturb the primary by it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <string>
#include <vector>

#include "support/http_client.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/stream_socket.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using namespace std::chrono_literals;
using support::ServerProcess;
using support::StreamSocket;
using support::wait_until;

class ControlSocket : public ::testing::Test {
 protected:
  ServerProcess server_{{.workers = 2}};

  std::string say(const std::string& bytes) {
    auto socket = StreamSocket::connect_unix(server_.control_socket());
    return socket.exchange_line(bytes, StreamSocket::Clock::now() + 5s);
  }
  bool refuses(const std::string& bytes) { return !nlohmann::json::parse(say(bytes))["ok"]; }
};

TEST_F(ControlSocket, IsForItsUserAlone) {
  struct stat info {};
  ASSERT_EQ(::stat(server_.control_socket().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat(server_.control_socket().parent_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
}

/// Clients that keep their connections: the witnesses of what is counted.
class Clients {
 public:
  explicit Clients(const ServerProcess& server) {
    for (int i = 0; i < 8; ++i) connections_.emplace_back(server.port());
  }
  /// The worker that answers each.
  std::vector<std::string> ask() {
    std::vector<std::string> workers;
    for (auto& connection : connections_) {
      connection.send_request("GET", "/livez");
      workers.push_back(connection.read_response().header("x-worker"));
    }
    return workers;
  }
  void send() {
    for (auto& connection : connections_) connection.send_request("GET", "/livez");
  }

 private:
  std::deque<support::HttpConnection> connections_;
};

/// Without what changes between two questions, and by being asked.
nlohmann::json lasting(nlohmann::json status) {
  for (nlohmann::json& worker : status["workers"]) {
    for (const char* fleeting : {"state", "core", "connections", "requests", "requests_per_second",
                                 "in_flight", "uptime_ms"}) {
      worker.erase(fleeting);
    }
  }
  return status;
}

TEST_F(ControlSocket, SaysTheSameAsTheHttpStatusAndWhatThePrimaryAloneKnows) {
  Clients clients(server_);
  const auto of_worker_2 = std::ranges::count(clients.ask(), "2");
  ASSERT_GT(of_worker_2, 0);
  server_.control({{"cmd", "signal"}, {"worker", 2}, {"signal", "STOP"}});
  server_.control({{"cmd", "protect"}, {"on", false}});
  clients.send();
  server_.control({{"cmd", "signal"}, {"worker", 2}, {"signal", "KILL"}});
  ASSERT_TRUE(wait_until([&] { return server_.worker(2)["generation"] == 2; }));

  nlohmann::json over_socket;
  nlohmann::json over_http;
  EXPECT_TRUE(wait_until([&] {
    over_socket = lasting(server_.control({{"cmd", "status"}}));
    over_http = lasting(nlohmann::json::parse(server_.request("GET", "/v1/workers").body));
    for (const char* own : {"ok", "version", "pid", "host", "port", "stopping", "reloading"}) {
      over_socket.erase(own);
    }
    return over_socket == over_http;
  })) << over_socket
      << over_http;
  EXPECT_EQ(over_http["protection"], "off");
  EXPECT_EQ(over_http["requests_lost"], of_worker_2);
  EXPECT_EQ(over_http["moved"],
            nlohmann::json({{"hang", 0}, {"crash", 0}, {"drain", 0}, {"balance", 0}}));
  EXPECT_EQ(over_http["workers"].size(), 2U);
}

TEST_F(ControlSocket, CountsEachConnectionThatMoves) {
  Clients clients(server_);
  const auto moved = [this] { return server_.control({{"cmd", "status"}})["moved"]; };
  ASSERT_TRUE(support::wait_while_watched(server_, 2, 2s));  // it is no newcomer any more
  const auto before = clients.ask();
  const auto balanced = moved()["balance"];
  server_.control({{"cmd", "scale"}, {"workers", 1}});
  ASSERT_TRUE(wait_until([&] {
    return server_.control({{"cmd", "status"}})["workers"].size() == 1;
  }));
  EXPECT_EQ(clients.ask(), std::vector<std::string>(8, "1"));
  EXPECT_EQ(moved()["drain"], std::ranges::count(before, "2"));
  EXPECT_EQ(moved()["balance"], balanced);
}

TEST_F(ControlSocket, TellsWithTheSuccessorWhatMovedFromItsPredecessor) {
  Clients clients(server_);
  ASSERT_TRUE(support::wait_while_watched(server_, 2, 2s));  // nobody is a newcomer any more
  const auto before = clients.ask();
  server_.control({{"cmd", "signal"}, {"worker", 2}, {"signal", "KILL"}});
  nlohmann::json status;
  ASSERT_TRUE(wait_until([&] {
    status = server_.control({{"cmd", "status"}});
    return status["workers"][1]["generation"] == 2;
  }));
  EXPECT_EQ(status["moved"]["crash"], std::ranges::count(before, "2"));
  EXPECT_EQ(clients.ask().size(), 8U);
}

TEST_F(ControlSocket, SendsSignalsToWorkers) {
  const pid_t before = server_.worker_pid(2);
  EXPECT_EQ(server_.control({{"cmd", "signal"}, {"worker", 2}, {"signal", "KILL"}})["ok"], true);
  EXPECT_TRUE(wait_until([&] { return server_.worker_pid(2) != before; }));
}

TEST_F(ControlSocket, SwitchesProtectionAndRecordsThatOnlyWhereItChanges) {
  const auto protection = [this] { return server_.control({{"cmd", "status"}})["protection"]; };
  EXPECT_EQ(protection(), "on");
  for (const bool on : {true, false, false, true}) {
    EXPECT_EQ(server_.control({{"cmd", "protect"}, {"on", on}})["ok"], true);
    EXPECT_EQ(protection(), on ? "on" : "off");
  }
  EXPECT_EQ(support::count_in(server_.log(), "connections are not protected"), 1);
  EXPECT_EQ(support::count_in(server_.log(), "connections are protected"), 1);
}

TEST_F(ControlSocket, AnswersNonsenseWithAnError) {
  EXPECT_TRUE(refuses("\n"));
  EXPECT_TRUE(refuses("not json\n"));
  EXPECT_TRUE(refuses("[1,2]\n"));
  EXPECT_TRUE(refuses("{\"cmd\":7}\n"));
  EXPECT_TRUE(refuses("{\"cmd\":\"format the disk\"}\n"));
  EXPECT_TRUE(refuses("{\"cmd\":\"signal\",\"worker\":99,\"signal\":\"KILL\"}\n"));
  EXPECT_TRUE(refuses("{\"cmd\":\"signal\",\"worker\":-1,\"signal\":\"KILL\"}\n"));
  EXPECT_TRUE(refuses("{\"cmd\":\"signal\",\"worker\":1,\"signal\":\"SEGV\"}\n"));
  EXPECT_TRUE(refuses("{\"cmd\":\"protect\"}\n"));
  EXPECT_TRUE(refuses("{\"cmd\":\"protect\",\"on\":\"off\"}\n"));
  EXPECT_TRUE(refuses("{\"cmd\":\"protect\",\"on\":0}\n"));
  EXPECT_TRUE(refuses(std::string(10'000, '[')));
  EXPECT_EQ(server_.control({{"cmd", "status"}})["ok"], true);
}

TEST_F(ControlSocket, CannotBeBlockedByClientsThatSitOnIt) {
  std::deque<StreamSocket> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(StreamSocket::connect_unix(server_.control_socket()));
  }
  EXPECT_EQ(server_.control({{"cmd", "status"}})["ok"], true);
}

TEST_F(ControlSocket, IsNotDelayedByAClientThatNeverReads) {
  auto greedy = StreamSocket::connect_unix(server_.control_socket());
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += "{\"cmd\":\"status\"}\n";
  try {
    for (int i = 0; i < 20; ++i) greedy.send(flood, StreamSocket::Clock::now() + 200ms);
  } catch (const std::system_error&) {
    // It has been disconnected, or nobody has taken more from it for so long.
  }
  EXPECT_EQ(server_.control({{"cmd", "status"}})["ok"], true);
}

TEST_F(ControlSocket, GivesEachClientOneCommandPerRound) {
  std::string flood;
  for (int i = 0; i < 200; ++i) flood += "{\"cmd\":\"status\"}\n";
  std::deque<StreamSocket> greedy;
  for (int i = 0; i < 20; ++i) {
    greedy.push_back(StreamSocket::connect_unix(server_.control_socket()));
    greedy.back().send(flood, StreamSocket::Clock::now() + 5s);
  }
  EXPECT_EQ(server_.control({{"cmd", "status"}})["ok"], true);
  std::string answers;
  EXPECT_TRUE(greedy.front().receive(answers, StreamSocket::Clock::now() + 5s));
}

TEST_F(ControlSocket, StopsTheServer) {
  EXPECT_EQ(server_.control({{"cmd", "stop"}})["ok"], true);
  EXPECT_EQ(server_.wait_for_exit(), 0);
}

}  // namespace
}  // namespace forkscope
