// The bridge to cpp-httplib where a handler fails: the client gets a 500 and no more, error
// handlers of the application get what cpp-httplib gives them, and whoever counts is told.
#include "gateway/http_bridge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <functional>
#include <stdexcept>
#include <string>

namespace forkscope::gateway {
namespace {

using httplib::Request;
using httplib::Response;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Lambda final : public Application {
 public:
  explicit Lambda(std::function<void(httplib::Server&)> add) : add_(std::move(add)) {}
  void add_routes(httplib::Server& server) override { add_(server); }

 private:
  std::function<void(httplib::Server&)> add_;
};

struct Answer {
  HttpBridge::Outcome outcome;
  std::string bytes;
};

Answer get(const std::string& target, const std::function<void(httplib::Server&)>& add_routes) {
  Lambda application(add_routes);
  HttpBridge bridge(application, {{"X-Common", "yes"}}, {3, 4711}, INVALID_SOCKET);
  const http::Limits limits;
  http::RequestFramer framer(limits);
  framer.consume("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
  Answer answer{{}, "before|"};
  answer.outcome = bridge.handle(framer.request(), "127.0.0.1", 1, "Mon, 23 Nov 2026 08:49:37 GMT",
                                 answer.bytes);
  return answer;
}

void throw_behind_half_an_answer(const Request&, Response& response) {
  response.set_content("half an answer", "text/plain");
  throw std::runtime_error("the secret");
}

TEST(HttpBridge, AnswersAnExceptionWithA500ThatKeepsItsText) {
  const Answer answer =
      get("/", [](httplib::Server& server) { server.Get("/", throw_behind_half_an_answer); });
  EXPECT_TRUE(answer.outcome.threw);
  EXPECT_EQ(answer.outcome.status, 500);
  EXPECT_THAT(answer.bytes, StartsWith("before|HTTP/1.1 500 "));
  EXPECT_THAT(answer.bytes, HasSubstr("\r\nX-Worker: 3\r\nX-Worker-Pid: 4711\r\n"));
  EXPECT_THAT(answer.bytes, HasSubstr("\r\nX-Common: yes\r\n"));
  EXPECT_THAT(answer.bytes, EndsWith(R"("detail":"The handler of this request failed."})"));
  EXPECT_THAT(answer.bytes, Not(HasSubstr("the secret")));
  EXPECT_THAT(answer.bytes, Not(HasSubstr("half an answer")));
}

TEST(HttpBridge, LetsAnErrorHandlerReadWhatWasThrown) {
  const Answer answer = get("/", [](httplib::Server& server) {
    server.Get("/", throw_behind_half_an_answer);
    server.set_error_handler([](const Request&, Response& response) {
      if (!response.body.empty()) return;
      response.set_content("because of " + response.get_header_value("EXCEPTION_WHAT"),
                           "text/html");
    });
  });
  EXPECT_TRUE(answer.outcome.threw);
  EXPECT_THAT(answer.bytes, EndsWith("\r\n\r\nbecause of the secret"));
  EXPECT_THAT(answer.bytes, Not(HasSubstr("EXCEPTION_WHAT")));
}

TEST(HttpBridge, DoesNotCountWhatAnExceptionHandlerOfTheApplicationHasTaken) {
  const Answer answer = get("/", [](httplib::Server& server) {
    server.Get("/", throw_behind_half_an_answer);
    server.set_exception_handler([](const Request&, Response& response, const std::exception_ptr&) {
      response.status = 404;
      response.set_content("not there", "text/plain");
    });
  });
  EXPECT_FALSE(answer.outcome.threw);
  EXPECT_EQ(answer.outcome.status, 404);
  EXPECT_THAT(answer.bytes, EndsWith("\r\n\r\nnot there"));
}

TEST(HttpBridge, SurvivesHandlersThatThrowOutsideTheRouting) {
  const auto fail = [](const Request&, Response&) { throw std::runtime_error("the secret"); };
  const auto fine = [](const Request&, Response& response) { response.set_content("fine", "x/y"); };
  const auto expect_a_500 = [](const Answer& answer) {
    EXPECT_TRUE(answer.outcome.threw);
    EXPECT_EQ(answer.outcome.status, 500);
    EXPECT_THAT(answer.bytes, StartsWith("before|HTTP/1.1 500 "));
    EXPECT_THAT(answer.bytes, HasSubstr("\r\nX-Worker: 3\r\n"));
    EXPECT_THAT(answer.bytes, Not(HasSubstr("fine")));
    EXPECT_THAT(answer.bytes, Not(HasSubstr("the secret")));
  };
  expect_a_500(get("/", [&](httplib::Server& server) {
    server.Get("/", fine);
    server.set_post_routing_handler(fail);
  }));
  expect_a_500(get("/nowhere", [&](httplib::Server& server) { server.set_error_handler(fail); }));
  expect_a_500(get("/", [&](httplib::Server& server) {
    server.Get("/", fine);
    server.set_logger([](const Request&, const Response&) { throw std::runtime_error("full"); });
  }));
}

}  // namespace
}  // namespace forkscope::gateway
