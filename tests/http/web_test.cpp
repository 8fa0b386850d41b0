// What is the same for every answer: who gave it, and that pages of any origin may read it. And the
// three resources that tell how the server is doing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "support/server_process.h"
#include "support/server_watch.h"

namespace forkscope::http {
namespace {

using nlohmann::json;
using support::http_request;
using support::HttpConnection;
using support::ServerProcess;
using ::testing::HasSubstr;

class Web : public ::testing::Test {
 protected:
  ServerProcess server_{{.workers = 4}};
};

TEST_F(Web, EveryAnswerSaysWhoGaveItAndMayBeReadByEveryPage) {
  std::set<std::string> pids;
  for (int number = 1; number <= 4; ++number) {
    pids.insert(std::to_string(server_.worker_pid(number)));
  }
  struct Exchange {
    const char* method;
    const char* target;
    const char* body;
    int status;
  };
  const std::vector<Exchange> exchanges = {
      {"GET", "/v1/todos", "", 200},
      {"GET", "/v1/todos", "", 200},  // from the response cache
      {"HEAD", "/v1/todos", "", 200},
      {"OPTIONS", "/v1/todos", "", 204},
      {"POST", "/v1/todos", R"({"title":"x"})", 201},
      {"POST", "/v1/todos", "{}", 422},
      {"POST", "/v1/todos", "{", 400},
      {"GET", "/v1/todos/1", "", 200},
      {"PATCH", "/v1/todos/1", R"({"order":1})", 200},
      {"GET", "/v1/todos/9", "", 404},
      {"GET", "/v1/todos?limit=0", "", 400},
      {"DELETE", "/v1/todos/1", "", 204},
      {"PUT", "/v1/todos", "", 405},
      {"GET", "/nowhere", "", 404},
      {"GET", "/v1/faults/crash", "", 403},
      {"GET", "/v1/workers", "", 200},
      {"GET", "/livez", "", 200},
      {"GET", "/readyz", "", 200},
      {"BREW", "/coffee", "", 501},
      {"GET", "/%00", "", 400},
  };
  for (const Exchange& exchange : exchanges) {
    SCOPED_TRACE(std::string(exchange.method) + " " + exchange.target);
    const auto response = http_request(server_.port(), exchange.method, exchange.target,
                                       exchange.body, "Origin: https://example.org\r\n");
    EXPECT_EQ(response.status, exchange.status);
    EXPECT_EQ(response.header("access-control-allow-origin"), "*");
    EXPECT_TRUE(pids.contains(response.header("x-worker-pid")));
    EXPECT_THAT(response.header("x-worker"), ::testing::MatchesRegex("[1-4]"));
    EXPECT_EQ(response.header("access-control-expose-headers"),
              "Location, ETag, Link, X-Total-Count, X-Worker, X-Worker-Pid");
  }
}

TEST_F(Web, ABrowserMayDoEverythingAfterItsPreflight) {
  for (const char* target : {"/v1/todos", "/v1/todos/1", "/nowhere"}) {
    const auto response = http_request(server_.port(), "OPTIONS", target, "",
                                       "Origin: https://example.org\r\n"
                                       "Access-Control-Request-Method: PATCH\r\n"
                                       "Access-Control-Request-Headers: content-type\r\n");
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.header("access-control-allow-origin"), "*");
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
      EXPECT_THAT(response.header("access-control-allow-methods"), HasSubstr(method));
    }
    // "*" is for all but Authorization (WHATWG Fetch standard, section 4.8).
    for (const char* name :
         {"Authorization", "Content-Type", "If-Match", "X-Requested-With", ", *"}) {
      EXPECT_THAT(response.header("access-control-allow-headers"), HasSubstr(name));
    }
    EXPECT_EQ(response.header("access-control-allow-credentials"), "");
  }
}

TEST_F(Web, ATextOfAnExceptionStaysInTheServer) {
  const auto response = server_.request("GET", "/v1/faults/crash?how=throw");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.header("exception_what"), "");
  EXPECT_THAT(response.body, ::testing::Not(HasSubstr("thrown by")));
}

TEST_F(Web, LivezAndReadyzSayYes) {
  EXPECT_EQ(server_.request("GET", "/livez").body, R"({"status":"live"})");
  EXPECT_EQ(server_.request("GET", "/readyz").body, R"({"status":"ready"})");
  for (const char* target : {"/livez", "/readyz", "/v1/workers"}) {
    const auto response = server_.request("GET", target);
    EXPECT_EQ(response.header("content-type"), "application/json") << target;
    EXPECT_EQ(response.header("cache-control"), "no-store") << target;
  }
}

TEST_F(Web, WorkersListsAllOfThem) {
  ASSERT_TRUE(support::wait_for_quiet(server_, 4));
  HttpConnection held(server_.port());
  held.send_request("GET", "/v1/workers");
  const auto response = held.read_response();
  const json workers = json::parse(response.body)["workers"];
  ASSERT_EQ(workers.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    const json& worker = workers[i];
    EXPECT_EQ(worker["number"], i + 1);
    EXPECT_EQ(worker["pid"], server_.worker_pid(static_cast<int>(i) + 1));
    EXPECT_EQ(worker["generation"], 1);
    EXPECT_TRUE(worker["core"].is_number_integer());
    EXPECT_TRUE(worker["requests"].is_number_unsigned());
    EXPECT_TRUE(worker["requests_per_second"].is_number());
    EXPECT_TRUE(worker["uptime_ms"].is_number_unsigned());
    EXPECT_TRUE(worker["last_exit"].is_null());
    const bool answers = std::to_string(i + 1) == response.header("x-worker");
    EXPECT_EQ(worker["connections"], answers ? 1 : 0);
    // Any other may be awake as well: it is asked whether it takes the new connection.
    if (answers) {
      EXPECT_EQ(worker["state"], "busy");
      EXPECT_EQ(worker["in_flight"]["method"], "GET");
      EXPECT_EQ(worker["in_flight"]["path"], "/v1/workers");
      EXPECT_GE(worker["in_flight"]["age_ms"].get<double>(), 0);
    } else {
      EXPECT_TRUE(worker["in_flight"].is_null());
    }
  }
}

}  // namespace
}  // namespace forkscope::http
