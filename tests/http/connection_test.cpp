// What one connection can carry: many requests, in any cut, of both versions, in both framings.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "support/server_process.h"

namespace forkscope::http {
namespace {

using support::Body;
using support::HttpConnection;
using support::HttpResponse;
using support::ServerProcess;

const std::string kHost = "Host: localhost\r\n";
const std::string kPost = "POST /v1/todos HTTP/1.1\r\n" + kHost;
const std::string kTodo = R"({"title":"x"})";  // 13 bytes

/// Small pieces leave one by one, and don't wait for the peer to acknowledge the one before.
void send_at_once(HttpConnection& connection) {
  const int on = 1;
  ::setsockopt(connection.socket().fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

class ConnectionTest : public ::testing::Test {
 protected:
  ServerProcess server_{{.workers = 1}};
  HttpConnection connection_{server_.port()};

  void expect_next_request_works() {
    connection_.send_request("GET", "/livez");
    EXPECT_EQ(connection_.read_response().body, R"({"status":"live"})");
  }
};

// ── keep-alive ──

TEST_F(ConnectionTest, ServesManyRequests) {
  const std::string pid = std::to_string(server_.worker_pid(1));
  for (int i = 0; i < 300; ++i) {
    connection_.send_request("GET", i % 2 == 0 ? "/v1/todos" : "/nowhere");
    const auto response = connection_.read_response();
    ASSERT_EQ(response.status, i % 2 == 0 ? 200 : 404);
    ASSERT_EQ(response.header("connection"), "");
    ASSERT_EQ(response.header("x-worker-pid"), pid);
  }
}

TEST_F(ConnectionTest, EndsWithARequestThatSaysSo) {
  for (const char* value : {"close", "Close", "x, close", "close, x", "keep-alive, close"}) {
    HttpConnection connection(server_.port());
    connection.send_request("GET", "/v1/todos", "", "Connection: " + std::string(value) + "\r\n");
    const auto response = connection.read_response();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("connection"), "close") << value;
    EXPECT_TRUE(connection.is_closed_by_peer()) << value;
  }
}

TEST_F(ConnectionTest, EndsAfterOneRequestOfHttp10) {
  connection_.send("GET /v1/todos HTTP/1.0\r\n\r\n");
  const auto response = connection_.read_response();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "[]");
  EXPECT_EQ(response.header("connection"), "close");
  EXPECT_EQ(response.header("transfer-encoding"), "");
  EXPECT_TRUE(connection_.is_closed_by_peer());
}

TEST_F(ConnectionTest, GoesOnInHttp10WhereTheClientAsksForIt) {
  for (int i = 0; i < 3; ++i) {
    connection_.send("GET /v1/todos HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto response = connection_.read_response();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("connection"), "keep-alive");
    EXPECT_EQ(response.header("content-length"), "2");
  }
}

// ── how the bytes arrive ──

TEST_F(ConnectionTest, AnswersFiftyPipelinedRequestsInOrder) {
  std::string packet;
  for (int i = 0; i < 50; ++i) {
    const std::string number = std::to_string(i);
    if (i % 2 == 0) {
      packet += "GET /number/" + number + " HTTP/1.1\r\n" + kHost + "\r\n";
    } else {
      const std::string body = R"({"title":"number )" + number + "\"}";
      packet += kPost + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
  }
  connection_.send(packet);
  for (int i = 0; i < 50; ++i) {
    const auto response = connection_.read_response();
    ASSERT_EQ(response.status, i % 2 == 0 ? 404 : 201);
    const std::string end = std::to_string(i) + (i % 2 == 0 ? "." : "\"");
    const char* before = i % 2 == 0 ? "/number/" : "number ";
    EXPECT_NE(response.body.find(before + end), std::string::npos) << response.body;
  }
  expect_next_request_works();
}

TEST_F(ConnectionTest, AnswersMorePipelinedRequestsThanAnyBufferHolds) {
  const std::string get = "GET /v1/todos HTTP/1.1\r\n" + kHost + "\r\n";
  std::string packet;
  for (int i = 0; i < 3000; ++i) packet += get;  // 150 KB
  connection_.send(packet);
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(connection_.read_response().body, "[]") << i;
}

TEST_F(ConnectionTest, ReadsARequestThatArrivesByteByByte) {
  send_at_once(connection_);
  for (const std::string& request :
       {kPost + "Content-Length: 13\r\n\r\n" + kTodo,
        kPost + "Transfer-Encoding: chunked\r\n\r\n6;e=f\r\n{\"titl\r\n7\r\ne\":\"x\"}\r\n0\r\nT: "
                "t\r\n\r\n"}) {
    for (const char byte : request) connection_.send({&byte, 1});
    EXPECT_EQ(connection_.read_response().status, 201);
  }
}

TEST_F(ConnectionTest, ReadsARequestCutAnywhere) {
  // The worker has one thread, and reads connections in the order of what arrives on them: once it
  // has answered the clock, it has read the part that was sent before.
  HttpConnection clock(server_.port());
  send_at_once(connection_);
  for (const std::string& request :
       {kPost + "Content-Length: 13\r\n\r\n" + kTodo,
        kPost + "Transfer-Encoding: chunked\r\n\r\nd\r\n" + kTodo + "\r\n0\r\n\r\n"}) {
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
      connection_.send(request.substr(0, cut));
      clock.send_request("GET", "/livez");
      ASSERT_EQ(clock.read_response().status, 200);
      connection_.send(request.substr(cut));
      ASSERT_EQ(connection_.read_response().status, 201) << "cut at " << cut;
    }
  }
}

// ── methods ──

TEST_F(ConnectionTest, AnswersHeadLikeGetWithoutTheBody) {
  connection_.send_request("POST", "/v1/todos", kTodo);
  connection_.read_response();
  for (const char* target : {"/v1/todos", "/v1/todos/1", "/v1/workers", "/livez", "/readyz",
                             "/v1/todos/99", "/nowhere", "/v1/todos?limit=x"}) {
    connection_.send_request("GET", target);
    const auto get = connection_.read_response();
    connection_.send_request("HEAD", target);
    const auto head = connection_.read_response(Body::kNone);
    EXPECT_EQ(head.status, get.status) << target;
    for (const auto& [name, value] : get.headers) {
      // The list of workers is never twice the same, and the clock may have moved on.
      if (name == "date" || (name == "content-length" && get.body.find("pid") != get.body.npos)) {
        continue;
      }
      EXPECT_EQ(head.header(name), value) << target << ' ' << name;
    }
    EXPECT_EQ(head.headers.size(), get.headers.size()) << target;
    expect_next_request_works();
  }
}

TEST_F(ConnectionTest, TellsWithOptionsWhatIsPossible) {
  for (const auto& [target, allow] : std::vector<std::pair<std::string, std::string>>{
           {"/v1/todos", "GET, HEAD, POST, DELETE, OPTIONS"},
           {"/v1/todos/1", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"},
           {"/livez", "GET, HEAD, OPTIONS"},
           {"*", ""},
           {"/nowhere", ""}}) {
    connection_.send_request("OPTIONS", target);
    const auto response = connection_.read_response();
    EXPECT_EQ(response.status, 204) << target;
    EXPECT_EQ(response.header("allow"), allow) << target;
    expect_next_request_works();
  }
}

TEST_F(ConnectionTest, GoesOnAfterAMethodThatIsNotAllowed) {
  for (const auto& [method, target] : std::vector<std::pair<std::string, std::string>>{
           {"PUT", "/v1/todos"}, {"POST", "/v1/todos/1"}, {"DELETE", "/livez"}}) {
    connection_.send_request(method, target, kTodo);
    const auto response = connection_.read_response();
    EXPECT_EQ(response.status, 405) << target;
    EXPECT_EQ(response.header("content-type"), "application/problem+json");
    EXPECT_NE(response.header("allow").find("GET, HEAD"), std::string::npos) << target;
    EXPECT_EQ(response.header("allow").find(method), std::string::npos) << target;
    expect_next_request_works();
  }
}

// ── bodies ──

TEST_F(ConnectionTest, AsksForABodyThatTheClientHoldsBack) {
  for (int i = 0; i < 3; ++i) {
    connection_.send(kPost + "Content-Length: 13\r\nExpect: 100-Continue\r\n\r\n");
    const auto interim = connection_.read_response();
    EXPECT_EQ(interim.status, 100);
    EXPECT_TRUE(interim.headers.empty());
    connection_.send(kTodo);
    EXPECT_EQ(connection_.read_response().status, 201);
  }
}

TEST_F(ConnectionTest, AsksForNoBodyThatIsHereOrThatNobodyAnnounced) {
  const std::string expect = "Expect: 100-continue\r\n\r\n";
  connection_.send(kPost + "Content-Length: 13\r\n" + expect + kTodo);
  EXPECT_EQ(connection_.read_response().status, 201);
  connection_.send(kPost + "Transfer-Encoding: chunked\r\n" + expect + "d\r\n" + kTodo +
                   "\r\n0\r\n\r\n");
  EXPECT_EQ(connection_.read_response().status, 201);
  connection_.send("GET /livez HTTP/1.1\r\n" + kHost + expect);
  EXPECT_EQ(connection_.read_response().status, 200);
  connection_.send("POST /v1/todos HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 13\r\n" +
                   expect);
  connection_.send(kTodo);
  EXPECT_EQ(connection_.read_response().status, 201);
}

TEST_F(ConnectionTest, SaysNothingAboutABodyThatIsNone) {
  connection_.send_request("POST", "/v1/todos", kTodo);
  const auto todo = connection_.read_response();
  connection_.send_request("GET", "/v1/todos/1", "",
                           "If-None-Match: " + todo.header("etag") + "\r\n");
  const auto not_modified = connection_.read_response();
  connection_.send_request("DELETE", "/v1/todos/1");
  const auto deleted = connection_.read_response();
  EXPECT_EQ(not_modified.status, 304);
  EXPECT_EQ(deleted.status, 204);
  for (const HttpResponse& response : {not_modified, deleted}) {
    EXPECT_EQ(response.header("content-length"), "");
    EXPECT_EQ(response.header("transfer-encoding"), "");
    EXPECT_EQ(response.header("content-type"), "");
  }
  expect_next_request_works();  // what a 204 or 304 carried too many would be read as its answer
}

TEST_F(ConnectionTest, DropsConnectionFieldsAndFaultsOfTheClient) {
  connection_.send_request("GET", "/v1/todos", "",
                           "Keep-Alive: timeout=99\r\nRange: bytes=0-0\r\n"
                           "Accept-Encoding: br, gzip, deflate\r\n");
  const auto response = connection_.read_response();
  EXPECT_EQ(response.status, 200);
  for (const char* name : {"keep-alive", "content-encoding", "content-range", "vary"}) {
    EXPECT_EQ(response.header(name), "") << name;
  }
  EXPECT_EQ(response.body, "[]");
  EXPECT_NE(response.header("date"), "");
}

// ── a client that has said everything ──

TEST_F(ConnectionTest, AnswersAClientThatHasClosedItsHalf) {
  connection_.send("GET /v1/todos HTTP/1.1\r\n" + kHost + "\r\n");
  connection_.socket().shutdown_writes();
  EXPECT_EQ(connection_.read_response().status, 200);
  EXPECT_TRUE(connection_.is_closed_by_peer());
}

TEST_F(ConnectionTest, AnswersAllPipelinedRequestsOfAClientThatHasClosedItsHalf) {
  for (int i = 0; i < 20; ++i) {
    connection_.send(kPost + "Content-Length: 13\r\n\r\n" + kTodo);
    connection_.send("GET /livez HTTP/1.1\r\n" + kHost + "\r\n");
  }
  connection_.socket().shutdown_writes();
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(connection_.read_response().status, 201);
    ASSERT_EQ(connection_.read_response().status, 200);
  }
  EXPECT_TRUE(connection_.is_closed_by_peer());
}

TEST_F(ConnectionTest, EndsWithoutAnAnswerInTheMiddleOfARequest) {
  for (const std::string& part :
       {std::string(), std::string("GET /v1/to"), kPost + "Content-Length: 13\r\n\r\n{\"title\""}) {
    HttpConnection connection(server_.port());
    connection.send(part);
    connection.socket().shutdown_writes();
    EXPECT_TRUE(connection.is_closed_by_peer()) << part;
  }
  EXPECT_EQ(server_.request("GET", "/v1/todos").body, "[]");
}

TEST_F(ConnectionTest, OfAClientThatResetsItIsForgotten) {
  for (int i = 0; i < 50; ++i) {
    HttpConnection rude(server_.port());
    rude.send("GET /v1/todos HTTP/1.1\r\n" + kHost + "\r\n");
    rude.socket().reset_at_the_end();
  }
  expect_next_request_works();
  EXPECT_EQ(server_.worker(1)["generation"], 1);
}

}  // namespace
}  // namespace forkscope::http
