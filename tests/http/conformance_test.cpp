// Raw requests and the status that each must get, over a real connection. The framer's own tables
// (tests/unit) go deeper into what is wrong with a request; these show what becomes of the
// connection and of the worker.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "refusal.h"
#include "support/server_process.h"

namespace forkscope::http {
namespace {

using support::HttpConnection;
using support::ServerProcess;

const std::string kGet = "GET /v1/todos HTTP/1.1\r\n";
const std::string kHost = "Host: localhost\r\n";
const std::string kPost = "POST /v1/todos HTTP/1.1\r\n" + kHost;
const std::string kJson = "Content-Type: application/json\r\n";
const std::string kChunked = kPost + "Transfer-Encoding: chunked\r\n\r\n";
const std::string kTodo = R"({"title":"x"})";  // 13 bytes

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

class Conformance : public ::testing::Test {
 protected:
  ServerProcess server_{{.workers = 1}};

  void expect_all_refused(const std::vector<Case>& table) {
    // More than the server reads at once: a close that leaves it unread would reset the connection.
    const std::string tail(300'000, 'x');
    for (const Case& test : table) expect_refused(server_, test, tail);
    EXPECT_EQ(server_.request("GET", "/v1/todos").body, "[]") << "something has been changed";
  }

  /// Each is one request, and the connection goes on after it.
  void expect_all_served(const std::vector<Case>& table) {
    const pid_t worker = server_.worker_pid(1);
    HttpConnection connection(server_.port());
    for (const Case& test : table) {
      SCOPED_TRACE(printable(test.bytes));
      try {
        connection.send(test.bytes);
        const auto response = connection.read_response();
        EXPECT_EQ(response.status, test.status) << response.body;
        EXPECT_NE(response.header("connection"), "close");
        EXPECT_EQ(response.header("x-worker-pid"), std::to_string(worker));
        connection.send_request("GET", "/livez");
        EXPECT_EQ(connection.read_response().body, R"({"status":"live"})");
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
        connection = HttpConnection(server_.port());
      }
    }
    EXPECT_EQ(server_.worker_pid(1), worker);
  }
};

TEST_F(Conformance, RefusesARequestLineThatIsNotOne) {
  expect_all_refused({
      {400, " GET / HTTP/1.1\r\n"},
      {400, "\n"},
      {400, "\x16\x03\x01"},  // TLS on the wrong port
      {400, "GET  / HTTP/1.1\r\n"},
      {400, "GET /\r\n"},  // HTTP/0.9
      {400, "GET / HTTP/1.1 \r\n"},
      {400, "GET /\tHTTP/1.1\r\n"},
      {400, "GET / http/1.1\r\n"},
      {400, "GET / HTTP/1.10\r\n"},
      {400, "GET / HTTP/1.1\n" + kHost + "\r\n"},
      {400, "GET / HTTP/1.1\rX"},
      {400, "G(T / HTTP/1.1\r\n"},
      {400, "GET v1/todos HTTP/1.1\r\n"},
      {400, "GET * HTTP/1.1\r\n"},
      {400, "GET /v1/todos#1 HTTP/1.1\r\n"},
      {400, "GET /%00 HTTP/1.1\r\n"},
      {400, "GET /%zz HTTP/1.1\r\n"},
      {400, std::string("GET /\0 HTTP/1.1\r\n", 17)},
      {400, "GET /\xc3\xa9 HTTP/1.1\r\n"},
      {400, "GET https://localhost/ HTTP/1.1\r\n"},
  });
}

TEST_F(Conformance, RefusesAFieldLineThatIsNotOne) {
  expect_all_refused({
      {400, kGet + " Host: a\r\n"},
      {400, kGet + kHost + "X: a\r\n b\r\n"},  // obs-fold
      {400, kGet + "Host : a\r\n"},
      {400, kGet + kHost + ": a\r\n"},
      {400, kGet + kHost + "X\r\n"},
      {400, kGet + kHost + "X(: a\r\n"},
      {400, kGet + kHost + "X: a\n"},
      {400, kGet + kHost + "X: a\rb\r\n"},
      {400, kGet + kHost + "X: a\x01\r\n"},
      {400, kGet + kHost + std::string("X: a\0b\r\n", 8)},
      {400, kGet + kHost + "\n"},
  });
}

TEST_F(Conformance, RefusesAHostThatIsMissingDoubledOrInvalid) {
  expect_all_refused({
      {400, kGet + "\r\n"},
      {400, "GET http://localhost/v1/todos HTTP/1.1\r\n\r\n"},
      {400, kGet + kHost + kHost + "\r\n"},
      {400, kGet + "Host:\r\n\r\n"},
      {400, kGet + "Host: a b\r\n\r\n"},
      {400, kGet + "Host: a, b\r\n\r\n"},
      {400, kGet + "Host: a/b\r\n\r\n"},
      {400, kGet + "Host: a:65536\r\n\r\n"},
      {400, kGet + "Host: user@a\r\n\r\n"},
      {400, kGet + "Host: a\"><script>\r\n\r\n"},
  });
}

TEST_F(Conformance, RefusesABodyWhoseLengthIsInDoubt) {
  expect_all_refused({
      {400, kPost + "Content-Length: 13\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, kPost + "Transfer-Encoding: chunked\r\nContent-Length: 13\r\n\r\n"},
      {400, "POST /v1/todos HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, kPost + "Transfer-Encoding: chunked, gzip\r\n\r\n"},
      {400, kPost + "Transfer-Encoding: identity\r\n\r\n"},
      {400, kPost + "Transfer-Encoding: xchunked\r\n\r\n"},
      {501, kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
      {501, kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, kPost + "Content-Length: 13\r\nContent-Length: 13\r\n\r\n"},
      {400, kPost + "Content-Length: 13, 13\r\n\r\n"},
      {400, kPost + "Content-Length: +13\r\n\r\n"},
      {400, kPost + "Content-Length: -1\r\n\r\n"},
      {400, kPost + "Content-Length: 0x0d\r\n\r\n"},
      {400, kPost + "Content-Length: 1 3\r\n\r\n"},
      {400, kPost + "Content-Length:\r\n\r\n"},
      {400, kPost + "Content-Length: 18446744073709551629\r\n\r\n"},  // 2^64 + 13
  });
}

TEST_F(Conformance, RefusesAChunkThatIsNotOne) {
  expect_all_refused({
      {400, kChunked + "x\r\n"},
      {400, kChunked + "\r\n"},
      {400, kChunked + "-1\r\n"},
      {400, kChunked + "0xd\r\n"},
      {400, kChunked + "d\n" + kTodo},
      {400, kChunked + "d\r\n" + kTodo + "0\r\n\r\n"},
      {400, kChunked + "c\r\n" + kTodo + "\r\n0\r\n\r\n"},
      {400, kChunked + "1000000000000000d\r\n" + kTodo},  // 2^64 + 13
      {400, kChunked + "d;" + std::string(5000, 'x') + "\r\n"},
      {400, kChunked + "d\r\n" + kTodo + "\r\n0\r\nX: " + std::string(5000, 'x') + "\r\n"},
      {400, kChunked + "d\r\n" + kTodo + "\r\n0\r\nX\r\n"},
  });
}

TEST_F(Conformance, RefusesWhatIsOverALimit) {
  expect_all_refused({
      {413, kPost + "Content-Length: 1048577\r\n\r\n"},
      {413, kPost + "Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n"},
      {413, kPost + "Content-Length: 18446744073709551615\r\n\r\n"},
      {413, kChunked + "100001\r\n"},
      {413, kChunked + "100000\r\n" + std::string(1 << 20, 'x') + "\r\n1\r\nx\r\n"},
      {414, "GET /" + std::string(8192, 'a') + " HTTP/1.1\r\n"},
      {431, kGet + kHost + "X: " + std::string(17'000, 'x') + "\r\n\r\n"},
      {431, kGet + kHost + times(100, "X: y\r\n") + "\r\n"},
      {400, times(9, "\r\n") + kGet},
  });
}

TEST_F(Conformance, RefusesWhatItDoesNotImplement) {
  expect_all_refused({
      {415, kPost + "Content-Encoding: gzip\r\nContent-Length: 13\r\n\r\n"},
      {415, kPost + "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 13\r\n\r\n"},
      {417, kPost + "Expect: the-unexpected\r\nContent-Length: 13\r\n\r\n"},
      {501, "TRACE / HTTP/1.1\r\n"},
      {501, "CONNECT localhost:80 HTTP/1.1\r\n"},
      {501, "get /v1/todos HTTP/1.1\r\n"},
      {501, "BREW /coffee HTTP/1.1\r\n"},
      {505, "GET / HTTP/2.0\r\n"},
      {505, "PRI * HTTP/2.0\r\n"},
      {505, "GET / HTTP/0.9\r\n"},
  });
}

TEST_F(Conformance, RefusesAlsoWhatFollowsARequestThatWasRight) {
  for (const std::string begin : {"GET /", "GET / HTTP/1.1\r\nX: "}) {
    for (const std::size_t size : {0, 5000}) {
      HttpConnection connection(server_.port());
      connection.send_request("GET", "/livez");
      EXPECT_EQ(connection.read_response().status, 200);
      connection.send(begin + std::string(size, 'a'));
      // Once the only worker has answered somebody else, it has read this part by itself.
      EXPECT_EQ(server_.request("GET", "/livez").status, 200);
      connection.send("\x01");
      EXPECT_EQ(connection.read_response().status, 400);
      EXPECT_TRUE(connection.is_closed_by_peer());
    }
  }
}

TEST_F(Conformance, ServesWhatLooksUnusualAndIsRight) {
  const std::string end = kHost + "\r\n";
  expect_all_served({
      {200, "\r\n\r\n" + kGet + end},
      {200, kGet + "hOST:\t localhost \r\n\r\n"},
      {200, kGet + "Host: localhost:8000\r\n\r\n"},
      {200, kGet + "Host: [::1]:8000\r\n\r\n"},
      {200, kGet + kHost + "X:\r\nX: \xc3\xa9\t\"(\r\n\r\n"},
      {200, "GET /v1/todos HTTP/1.2\r\n" + end},
      {200, "GET http://example.org/v1/todos HTTP/1.1\r\n" + end},
      {200, "GET http://example.org HTTP/1.1\r\n" + end},  // the page at /
      {200, "GET /v1/todos? HTTP/1.1\r\n" + end},
      {200, "GET /v1/todos?a?b=c?d HTTP/1.1\r\n" + end},
      {200, "GET /v1/tod%6fs HTTP/1.1\r\n" + end},
      {404, "GET /v1//todos HTTP/1.1\r\n" + end},
      {404, "GET /../../etc/passwd HTTP/1.1\r\n" + end},
      {200, kGet + kHost + "Content-Length: 0\r\n\r\n"},
      {200, kGet + kHost + "Content-Length: 0000000000000000000000005\r\n\r\nhello"},
      {200, kGet + kHost + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
      {200, kGet + kHost + "Content-Encoding: identity\r\n\r\n"},
      {200, kGet + kHost + "Accept-Encoding: br, gzip\r\nRange: bytes=0-0\r\n\r\n"},
      {200, kGet + kHost + "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n"},
      {200, kGet + kHost + "REMOTE_ADDR: 6.6.6.6\r\n\r\n"},
      {201, kPost + kJson + "Content-Length: 13\r\n\r\n" + kTodo},
      {201, kPost + "Content-Length: 13\r\n\r\n" + kTodo},
      {201, kPost + "Transfer-Encoding: CHUNKED\r\n\r\nD;a=\"b\"\r\n" + kTodo + "\r\n000\r\n\r\n"},
      {201, kChunked + "1\r\n{\r\n0c;x\r\n" + kTodo.substr(1) + "\r\n0\r\nX: trailer\r\n\r\n"},
      {400, kPost + kJson + "\r\n"},
      {405, "PUT /v1/todos HTTP/1.1\r\n" + kHost + "Content-Length: 13\r\n\r\n" + kTodo},
  });
}

TEST_F(Conformance, ServesWhatIsJustWithinTheLimits) {
  const std::string target = "/v1/todos?" + std::string(8192 - 10, 'a');
  std::string head = kGet + kHost + "X: ";
  head += std::string(16 * 1024 - head.size() - 4, 'x') + "\r\n\r\n";
  const std::string body = kTodo + std::string((1 << 20) - kTodo.size(), ' ');
  expect_all_served({
      {200, "GET " + target + " HTTP/1.1\r\n" + kHost + "\r\n"},
      {200, head},
      {200, kGet + kHost + times(99, "X: y\r\n") + "\r\n"},
      {200, times(8, "\r\n") + kGet + kHost + "\r\n"},
      {201, kPost + kJson + "Content-Length: 1048576\r\n\r\n" + body},
      {201, kChunked + "100000\r\n" + body + "\r\n0\r\n\r\n"},
  });
}

}  // namespace
}  // namespace forkscope::http
