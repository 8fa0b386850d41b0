// What can happen to the connection of a write that is parked: another process has the turn to
// write, and the "100 Continue" before it has not left yet, because the client has not read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "support/full_send_buffer.h"
#include "support/server_process.h"
#include "support/wait_until.h"
#include "support/write_turn.h"

namespace forkscope::http {
namespace {

using nlohmann::json;
using support::FullSendBuffer;
using support::HttpConnection;
using support::ServerProcess;
using support::wait_until;
using support::WriteTurn;
using ::testing::HasSubstr;

const std::string kTodo = R"({"title":"x"})";

class ParkedWrite : public ::testing::Test {
 protected:
  FullSendBuffer buffer_;
  ServerProcess server_{{.workers = 1, .environment = buffer_.environment()}};
  std::optional<HttpConnection> client_{server_.port()};
  WriteTurn turn_{server_.directory() / "todos.db"};

  void SetUp() override {
    ASSERT_TRUE(wait_until([&] { return turn_.try_take(); }));
    client_->send("POST /v1/todos HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                  std::to_string(kTodo.size()) + "\r\nExpect: 100-continue\r\n\r\n");
    // An answer to somebody who came later: the head has been seen.
    EXPECT_EQ(server_.request("GET", "/livez").status, 200);
    client_->send(kTodo);
    ASSERT_TRUE(wait_until([&] { return is_parked(); }));
  }
  bool is_parked() const {
    return server_.request("GET", "/metrics")
               .body.find("forkscope_worker_writes_parked{worker=\"1\"} 1\n") != std::string::npos;
  }
  /// Whatever has happened to the connection of client_ by now, the worker has dealt with.
  void let_worker_attend() const {
    for (int i = 0; i < 3; ++i) ASSERT_EQ(server_.request("GET", "/livez").status, 200);
  }
  void expect_worker_is_well() const {
    EXPECT_EQ(server_.worker(1)["generation"], 1);
    EXPECT_TRUE(wait_until([&] { return server_.worker(1)["state"] == "idle"; }));
  }
};

TEST_F(ParkedWrite, IsAnsweredOnceAndBeforeWhatFollowsThoughThereIsRoomAgain) {
  buffer_.make_room();
  client_->send("GET /v1/todos HTTP/1.1\r\nHost: localhost\r\n\r\n");
  let_worker_attend();
  turn_.release();
  EXPECT_EQ(client_->read_response(support::Body::kNone).status, 100);
  EXPECT_EQ(client_->read_response().status, 201);
  const auto list = client_->read_response();
  EXPECT_EQ(list.status, 200);
  ASSERT_EQ(json::parse(list.body).size(), 1U) << list.body;
  expect_worker_is_well();
}

TEST_F(ParkedWrite, HarmsNobodyWhenItsClientHasResetTheConnection) {
  buffer_.make_room();
  client_->socket().reset_at_the_end();
  client_.reset();
  let_worker_attend();
  turn_.release();
  EXPECT_TRUE(wait_until([&] { return server_.worker(1)["connections"] == 0; }));
  EXPECT_THAT(server_.request("GET", "/v1/todos").body, HasSubstr(R"("title":"x")"));
  expect_worker_is_well();
}

}  // namespace
}  // namespace forkscope::http
