// What the application tells those who run it: the event loop, and whoever asks for its state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api_fixture.h"
#include "gateway/http_bridge.h"
#include "http/request_framer.h"

namespace forkscope::api {
namespace {

namespace fs = std::filesystem;

using ApplicationTest = ApiFixture;

TEST_F(ApplicationTest, TellsTheLoopWhatWritesAndWhatReads) {
  const gateway::Application& application = *application_;
  EXPECT_TRUE(application.writes("POST", "/v1/todos"));
  EXPECT_TRUE(application.writes("DELETE", "/v1/todos/1"));
  EXPECT_FALSE(application.writes("GET", "/v1/todos"));
  EXPECT_FALSE(application.writes("OPTIONS", "/v1/todos"));
  EXPECT_FALSE(application.writes("POST", "/v1/faults/hang"));
  EXPECT_TRUE(application.reads("/v1/todos"));
  EXPECT_TRUE(application.reads("/v1/todos/1"));
  EXPECT_FALSE(application.reads("/v1/workers"));
  EXPECT_FALSE(application.reads("/v1/faults/work"));

  const auto version_now = [this] {
    const std::uint64_t version = application_->begin_reads();
    application_->end_reads();
    return version;
  };
  const std::uint64_t version = version_now();
  EXPECT_EQ(version_now(), version);
  post(R"({"title": "a"})");
  EXPECT_NE(version_now(), version);
}

TEST_F(ApplicationTest, KnowsAShortWayToTodosOnly) {
  const gateway::Application& application = *application_;
  for (const char* path : {"/v1/todos", "/v1/todos/1", "/v1/todos/9999999999999999999"}) {
    EXPECT_NE(application.handler_of("GET", path), nullptr) << path;
    EXPECT_NE(application.handler_of("DELETE", path), nullptr) << path;
  }
  EXPECT_NE(application.handler_of("POST", "/v1/todos"), nullptr);
  EXPECT_EQ(application.handler_of("POST", "/v1/todos/1"), nullptr);
  EXPECT_EQ(application.handler_of("PATCH", "/v1/todos"), nullptr);
  EXPECT_NE(application.handler_of("PATCH", "/v1/todos/1"), nullptr);
  for (const char* method : {"HEAD", "OPTIONS", "get", ""}) {
    EXPECT_EQ(application.handler_of(method, "/v1/todos"), nullptr) << method;
  }
  for (const char* path :
       {"/v1/todos/", "/v1/todos/0", "/v1/todos/01", "/v1/todos/1/", "/v1/todos/1a", "/v1/todos/-1",
        "/v1/todos/10000000000000000000", "/v1/todos1", "/v1/todo", "/v1/workers", "/", ""}) {
    EXPECT_EQ(application.handler_of("GET", path), nullptr) << path;
  }
}

/// The same routes, and no short way.
class LongWayRound final : public gateway::Application {
 public:
  explicit LongWayRound(gateway::Application& application) : application_(application) {}
  void add_routes(httplib::Server& server) override { application_.add_routes(server); }

 private:
  gateway::Application& application_;
};

TEST_F(ApplicationTest, AnswersOnTheShortWayAsByItsRoutes) {
  for (const char* title : {"a", "b", "\"\\\u0001\u00fc"}) {
    ASSERT_EQ(post(nlohmann::json({{"title", title}}).dump()).status, 201);
  }
  LongWayRound long_way(*application_);
  gateway::HttpBridge by_routes(long_way, {}, {1, 1}, INVALID_SOCKET);
  gateway::HttpBridge direct(*application_, {}, {1, 1}, INVALID_SOCKET);
  const auto answer = [](gateway::HttpBridge& bridge, const std::string& target) {
    const http::Limits limits;
    http::RequestFramer framer(limits);
    framer.consume("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
    std::string bytes;
    bridge.handle(framer.request(), "127.0.0.1", 1, "Mon, 23 Nov 2026 08:49:37 GMT", bytes);
    return parse_answer(bytes);
  };
  for (const char* target :
       {"/v1/todos", "/v1/todos?limit=2", "/v1/todos?limit=no", "/v1/todos?completed=true",
        "/v1/todos/1", "/v1/todos/%31?x=y", "/v1/todos/3", "/v1/todos/4", "/v1/todos/0",
        "/v1/todos/9999999999999999999"}) {
    SCOPED_TRACE(target);
    const Answer expected = answer(by_routes, target);
    const Answer given = answer(direct, target);
    EXPECT_EQ(given.status, expected.status);
    EXPECT_EQ(given.headers, expected.headers);
    EXPECT_EQ(given.body, expected.body);
  }
}

TEST_F(ApplicationTest, IsReadyUntilItDrainsOrLosesItsStore) {
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  draining_ = true;
  EXPECT_EQ(get("/readyz").status, 503);
  draining_ = false;
  fs::remove(directory_ / "todos.db");
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(post(R"({"title": "a"})").status, 503);
}

TEST_F(ApplicationTest, ListsTheWorkers) {
  const Answer answer = get("/v1/workers");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.as_json()["workers"].is_array());
}

}  // namespace
}  // namespace forkscope::api
