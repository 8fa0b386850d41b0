// The bridge to cpp-httplib where a handler fails: the client gets a 500 and no more, error
// handlers of the application get what cpp-httplib gives them, and whoever counts is told. And the
// short way past it: for the same handler the same answer.
#include "gateway/http_bridge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

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

/// All paths lead to one handler, by cpp-httplib's routes or past them.
class OneHandler final : public Application {
 public:
  enum class Way { routes, direct };

  OneHandler(Handler handler, Way way) : handler_(std::move(handler)), way_(way) {}
  void add_routes(httplib::Server& server) override {
    server.Get("/.*", handler_);
    server.Post("/.*", handler_);
  }
  const Handler* handler_of(std::string_view, std::string_view) const override {
    return way_ == Way::direct ? &handler_ : nullptr;
  }

 private:
  Handler handler_;
  Way way_;
};

struct Answer {
  HttpBridge::Outcome outcome;
  std::string bytes;
};

Answer send(const std::string& request, Application& application) {
  HttpBridge bridge(application, {{"X-Common", "yes"}}, {3, 4711}, INVALID_SOCKET);
  const http::Limits limits;
  http::RequestFramer framer(limits);
  framer.consume(request);
  Answer answer{{}, "before|"};
  answer.outcome = bridge.handle(framer.request(), "127.0.0.1", 1, "Mon, 23 Nov 2026 08:49:37 GMT",
                                 answer.bytes);
  return answer;
}

Answer get(const std::string& target, const std::function<void(httplib::Server&)>& add_routes) {
  Lambda application(add_routes);
  return send("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n", application);
}

/// The lines of a head in any order, and the body as it is.
std::vector<std::string> parts_of(const Answer& answer) {
  const std::size_t body = answer.bytes.find("\r\n\r\n") + 4;
  std::istringstream head(answer.bytes.substr(0, body));
  std::vector<std::string> parts;
  for (std::string line; std::getline(head, line);) parts.push_back(line);
  std::sort(parts.begin() + 1, parts.end());
  parts.push_back(answer.bytes.substr(body));
  return parts;
}

void expect_the_same_on_both_ways(const std::string& request, const Application::Handler& handler) {
  OneHandler routes(handler, OneHandler::Way::routes);
  OneHandler direct(handler, OneHandler::Way::direct);
  const Answer expected = send(request, routes);
  const Answer answer = send(request, direct);
  EXPECT_EQ(parts_of(answer), parts_of(expected));
  EXPECT_EQ(answer.outcome.status, expected.outcome.status);
  EXPECT_EQ(answer.outcome.thrown, expected.outcome.thrown);
}

void throw_behind_half_an_answer(const Request&, Response& response) {
  response.set_content("half an answer", "text/plain");
  throw std::runtime_error("the secret");
}

TEST(HttpBridge, AnswersAnExceptionWithA500ThatKeepsItsText) {
  const Answer answer =
      get("/", [](httplib::Server& server) { server.Get("/", throw_behind_half_an_answer); });
  EXPECT_EQ(answer.outcome.thrown, "the secret");
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
  EXPECT_TRUE(answer.outcome.thrown);
  EXPECT_THAT(answer.bytes, EndsWith("\r\n\r\nbecause of the secret"));
  EXPECT_THAT(answer.bytes, Not(HasSubstr("EXCEPTION_WHAT")));
}

TEST(HttpBridge, TellsWhatWasThrownWhateverItWas) {
  const auto thrown_by = [](httplib::Server::Handler handler) {
    return *get("/", [&](httplib::Server& server) { server.Get("/", handler); }).outcome.thrown;
  };
  EXPECT_EQ(thrown_by([](const Request&, Response&) { throw std::string("a string"); }),
            "a string");
  EXPECT_EQ(thrown_by([](const Request&, Response&) { throw "characters"; }), "characters");
  EXPECT_EQ(thrown_by([](const Request&, Response&) { throw 42; }),
            "something that is no std::exception");
}

TEST(HttpBridge, DoesNotCountWhatAnExceptionHandlerOfTheApplicationHasTaken) {
  const Answer answer = get("/", [](httplib::Server& server) {
    server.Get("/", throw_behind_half_an_answer);
    server.set_exception_handler([](const Request&, Response& response, const std::exception_ptr&) {
      response.status = 404;
      response.set_content("not there", "text/plain");
    });
  });
  EXPECT_FALSE(answer.outcome.thrown);
  EXPECT_EQ(answer.outcome.status, 404);
  EXPECT_THAT(answer.bytes, EndsWith("\r\n\r\nnot there"));
}

TEST(HttpBridge, SurvivesHandlersThatThrowOutsideTheRouting) {
  const auto fail = [](const Request&, Response&) { throw std::runtime_error("the secret"); };
  const auto fine = [](const Request&, Response& response) { response.set_content("fine", "x/y"); };
  const auto expect_a_500 = [](const Answer& answer) {
    EXPECT_TRUE(answer.outcome.thrown);
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

TEST(HttpBridge, AnswersOnTheShortWayAsByTheRoutes) {
  const std::string get = "GET /a%20b?c=d&e=%2F HTTP/1.1\r\nHost: h\r\n\r\n";
  const auto answer_with = [](int status, const std::string& body) {
    return [=](const Request&, Response& response) {
      response.status = status;
      response.set_header("X-Own", "1");
      response.set_header("X-Own", "2");
      response.set_content(body, "a/b");
    };
  };
  for (const int status : {200, 201, 404, 503}) {
    expect_the_same_on_both_ways(get, answer_with(status, "the body"));
  }
  for (const int status : {204, 304}) {
    expect_the_same_on_both_ways(get, answer_with(status, ""));
    expect_the_same_on_both_ways(get, answer_with(status, "not to be sent"));
  }
  expect_the_same_on_both_ways("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", answer_with(200, "the body"));
  expect_the_same_on_both_ways(get, [](const Request&, Response&) {});
  expect_the_same_on_both_ways(get, [](const Request&, Response& res) { res.body = "typeless"; });
  expect_the_same_on_both_ways(get, [](const Request&, Response& res) { res.set_redirect("/b"); });
  expect_the_same_on_both_ways(get, [](const Request&, Response& response) {
    for (const char* name : {"Date", "Connection", "Keep-Alive", "X-Worker", "X-Worker-Pid"}) {
      response.set_header(name, "the handler's");
    }
    response.set_content("!", "a/b");
  });
  expect_the_same_on_both_ways(get, throw_behind_half_an_answer);
}

TEST(HttpBridge, TellsAHandlerOnTheShortWayWhatItIsAsked) {
  const auto repeat = [](const Request& request, Response& response) {
    std::string text = request.method + " " + request.target + " " + request.path + " " +
                       request.version + " " + request.remote_addr + " " +
                       std::to_string(request.remote_port) + " " + request.body + "\n";
    for (const char* name : {"Host", "accept", "Connection", "Range"}) {
      text += request.get_header_value(name) + "|";
    }
    for (const auto& [name, value] : request.params) text += name + "=" + value + ";";
    response.set_content(text, "text/plain");
  };
  const std::string fields =
      " HTTP/1.1\r\nHost: h\r\nAccept: x, y\r\nConnection: keep-alive\r\nRange: bytes=1-2\r\n";
  expect_the_same_on_both_ways("GET /a%20b?c=d&e=%2F&c=f" + fields + "\r\n", repeat);
  expect_the_same_on_both_ways("POST /a" + fields + "Content-Length: 4\r\n\r\nbody", repeat);
}

}  // namespace
}  // namespace forkscope::gateway
