// An application that was written for cpp-httplib alone, and sets every handler that there is,
// behaves here as it does there; and every answer says all the same which worker gave it.
#include "own_handlers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/server_process.h"

namespace forkscope::http {
namespace {

using support::http_request;
using support::HttpConnection;
using support::HttpResponse;
using support::ServerProcess;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::Not;

/// The same application as cpp-httplib serves it by itself.
class StockServer {
 public:
  StockServer() {
    server_.set_keep_alive_timeout(1);
    add_routes_and_handlers(server_);
    port_ = static_cast<std::uint16_t>(server_.bind_to_any_port("127.0.0.1"));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    http_request(port_, "GET", "/hello");  // stop() has no effect before it runs
  }
  ~StockServer() {
    server_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }

 private:
  httplib::Server server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

struct Exchange {
  std::string method;
  std::string target;
  std::string body;
};

class OwnHandlers : public ::testing::Test {
 protected:
  static HttpResponse ask(std::uint16_t port, const Exchange& exchange) {
    HttpConnection connection(port);
    connection.send_request(exchange.method, exchange.target, exchange.body,
                            "Content-Type: text/fancy\r\nConnection: close\r\n");
    return connection.read_response(exchange.method == "HEAD" ? support::Body::kNone
                                                              : support::Body::kAsFramed);
  }

  /// All but what belongs to the connection and to the worker.
  static std::vector<std::pair<std::string, std::string>> own_fields(const HttpResponse& response) {
    auto fields = response.headers;
    std::erase_if(fields, [&](const auto& field) {
      for (const char* name : {"connection", "date", "keep-alive", "x-worker", "x-worker-pid"}) {
        if (field.first == name) return true;
      }
      // No ranges here, and no length of what is not there (RFC 9110 section 8.6).
      return field.first == "accept-ranges" ||
             (response.status == 204 && field.first == "content-length");
    });
    std::sort(fields.begin(), fields.end());
    return fields;
  }

  static std::vector<std::string> values_of(const HttpResponse& response, std::string_view name) {
    std::vector<std::string> values;
    for (const auto& field : response.headers) {
      if (field.first == name) values.push_back(field.second);
    }
    return values;
  }

  StockServer stock_;
  ServerProcess ours_{{.workers = 1, .program = HANDLERS_SERVER}};
};

TEST_F(OwnHandlers, DoTheSameAsInStockCppHttplib) {
  const std::vector<Exchange> exchanges = {
      {"GET", "/hello?name=all%20of%20you", ""},
      {"HEAD", "/hello", ""},
      {"POST", "/echo", "echo"},
      {"POST", "/echo", std::string(100'000, 'e')},
      {"POST", "/nowhere", "echo"},
      {"POST", "/count", "a body that the handler reads in pieces"},
      {"PUT", "/count", std::string(100'000, 'e')},
      {"PATCH", "/count", "a few"},
      {"DELETE", "/count", "all of them"},
      {"GET", "/teapot", ""},       // exception handler
      {"GET", "/forbidden", ""},    // error handler
      {"GET", "/nowhere", ""},      // error handler, without a route
      {"GET", "/maintenance", ""},  // pre-routing handler
      {"GET", "/moved", ""},
      {"GET", "/empty", ""},
      {"GET", "/pieces", ""},
      {"GET", "/fails", ""},
  };
  for (const Exchange& exchange : exchanges) {
    SCOPED_TRACE(exchange.method + " " + exchange.target);
    const HttpResponse stock = ask(stock_.port(), exchange);
    const HttpResponse ours = ask(ours_.port(), exchange);
    EXPECT_EQ(ours.status, stock.status);
    EXPECT_EQ(ours.body, stock.body);
    EXPECT_EQ(own_fields(ours), own_fields(stock));
    EXPECT_EQ(ours.header("x-worker"), "1");
    EXPECT_EQ(ours.header("x-worker-pid"), std::to_string(ours_.worker_pid(1)));
    EXPECT_THAT(ours.header("x-after"), Not(IsEmpty()));
    EXPECT_EQ(ours.header("accept-ranges"), "");
  }
}

TEST_F(OwnHandlers, LogEveryRequest) {
  for (const char* target : {"/hello", "/teapot", "/nowhere", "/maintenance"}) {
    ask(ours_.port(), {"GET", target, ""});
  }
  EXPECT_THAT(
      ask(ours_.port(), {"GET", "/log", ""}).body,
      EndsWith("GET /hello 200\nGET /teapot 418\nGET /nowhere 404\nGET /maintenance 503\n"));
}

TEST_F(OwnHandlers, CannotSpeakForTheWorkerOrTheConnection) {
  const HttpResponse response = ask(ours_.port(), {"GET", "/shouts", ""});
  EXPECT_EQ(response.body, "!");
  EXPECT_THAT(values_of(response, "x-worker"), ElementsAre("1"));
  EXPECT_THAT(values_of(response, "date"), ElementsAre(EndsWith(" GMT")));
  EXPECT_THAT(values_of(response, "keep-alive"), IsEmpty());
}

TEST_F(OwnHandlers, KeepTheConnectionInStepBehindA204WithABody) {
  HttpConnection connection(ours_.port());
  for (const char* target : {"/contradiction", "/hello?name=you"}) {
    connection.send_request("GET", target);
  }
  EXPECT_EQ(connection.read_response().status, 204);
  EXPECT_EQ(connection.read_response().body, "Hello, you.\n");
}

}  // namespace
}  // namespace forkscope::http
