// Request smuggling: bytes that one reader takes for one request and another for two. Whatever this
// server cannot read in exactly one way is refused, and nothing behind it is ever looked at.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "refusal.h"
#include "support/server_process.h"

namespace forkscope::http {
namespace {

using support::HttpConnection;
using support::ServerProcess;

const std::string kPost = "POST /v1/todos HTTP/1.1\r\nHost: localhost\r\n";

// What an attacker wants to have read as a request: it would be seen in the list of todos.
const std::string kSmuggled = kPost + "Content-Length: 20\r\n\r\n{\"title\":\"smuggled\"}";

std::string chunked(const std::string& body) {
  return kPost + "Transfer-Encoding: chunked\r\n\r\n" + body;
}

TEST(Smuggling, NeverReadsTwoRequestsWhereTheEndOfOneIsInDoubt) {
  const ServerProcess server({.workers = 1});
  const std::string length = "Content-Length: 5\r\n";
  const std::string coding = "Transfer-Encoding: chunked\r\n";
  const std::string nothing = "\r\n0\r\n\r\n";
  const std::vector<Case> table = {
      // Content-Length against Transfer-Encoding, and how one of them is hidden.
      {400, kPost + length + coding + nothing},
      {400, kPost + coding + length + nothing},
      {400, kPost + "Content-Length: 0\r\n" + coding + nothing},
      {400, kPost + length + "Transfer-Encoding : chunked\r\n" + nothing},
      {400, kPost + length + "Transfer-Encoding:\r\n chunked\r\n" + nothing},
      {400, kPost + length + " " + coding + nothing},
      {400, kPost + length + "X: y\nTransfer-Encoding: chunked\r\n" + nothing},
      {400, kPost + length + "X: y\rTransfer-Encoding: chunked\r\n" + nothing},
      {400, kPost + length + std::string("\0", 1) + coding + nothing},
      {400, kPost + length + "Transfer-Encoding: \vchunked\r\n" + nothing},
      {400, kPost + length + "Transfer-Encoding: xchunked\r\n" + nothing},
      // Two codings, two lengths.
      {501, kPost + coding + "Transfer-Encoding: chunked\r\n" + nothing},
      {400, kPost + coding + "Transfer-Encoding: identity\r\n" + nothing},
      {400, kPost + "Transfer-Encoding: chunked, identity\r\n" + nothing},
      {501, kPost + "Transfer-Encoding: identity, chunked\r\n" + nothing},
      {400, kPost + "Transfer-Encoding: \"chunked\"\r\n" + nothing},
      {400, kPost + "Content-Length: 0\r\nContent-Length: 5\r\n" + nothing},
      {400, kPost + length + length + nothing},
      {400, kPost + "Content-Length: 0, 5\r\n" + nothing},
      {400, kPost + "Content-Length: 5 \x0b\r\n" + nothing},
      {400, kPost + "Content-Length: 0_5\r\n" + nothing},
      {400, kPost + "Content-Length: \xef\xbc\x95\r\n" + nothing},  // a fullwidth 5
      // An old version that knows no coding.
      {400, "POST /v1/todos HTTP/1.0\r\n" + coding + nothing},
      // Chunks that end in two ways.
      {400, chunked("5 \n\r\nhello\r\n0\r\n\r\n")},
      {400, chunked("5\nhello\r\n0\r\n\r\n")},
      {400, chunked("5\r\nhello\n0\r\n\r\n")},
      {400, chunked("5\r\nhello0\r\n\r\n")},
      {400, chunked("0\n\r\n")},
      {400, chunked("0\r\n\n")},
      {400, chunked("-0\r\n\r\n")},
      {400, chunked("0x0\r\n\r\n")},
      {400, chunked("10000000000000000\r\n\r\n")},
      {400, chunked("5;a\nb\r\nhello\r\n0\r\n\r\n")},
      {400, chunked("0\r\nX: y\n\r\n")},
      {400, chunked("0\r\n : y\r\n\r\n")},
  };
  for (const Case& test : table) expect_refused(server, test, kSmuggled);
  EXPECT_EQ(server.request("GET", "/v1/todos").body, "[]");
}

TEST(Smuggling, TakesARequestInABodyForData) {
  const ServerProcess server({.workers = 1});
  const std::string size = std::to_string(kSmuggled.size());
  char hex[16];
  std::snprintf(hex, sizeof hex, "%zx", kSmuggled.size());
  const std::vector<Case> table = {
      {400, kPost + "Content-Length: " + size + "\r\n\r\n" + kSmuggled},
      {400, chunked(std::string(hex) + "\r\n" + kSmuggled + "\r\n0\r\n\r\n")},
      {200,
       "GET /v1/todos HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n" + kSmuggled},
      {404, "DELETE /v1/todos/9 HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n" +
                kSmuggled},
  };
  HttpConnection connection(server.port());
  for (const Case& test : table) {
    SCOPED_TRACE(printable(test.bytes));
    connection.send(test.bytes);
    EXPECT_EQ(connection.read_response().status, test.status);
    connection.send_request("GET", "/v1/todos");
    EXPECT_EQ(connection.read_response().body, "[]");
  }
}

TEST(Smuggling, IgnoresWhatFollowsTheLastRequestOfAConnection) {
  const ServerProcess server({.workers = 1});
  HttpConnection connection(server.port());
  connection.send("GET /v1/todos HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + kSmuggled);
  EXPECT_EQ(connection.read_response().status, 200);
  EXPECT_TRUE(connection.is_closed_by_peer());
  EXPECT_EQ(server.request("GET", "/v1/todos").body, "[]");
}

TEST(Smuggling, CannotAddAFieldToAResponse) {
  const ServerProcess server({.workers = 1});
  // What comes back in Location and Link is made of the Host and of the query.
  for (const char* target : {"/v1/todos?after=1%0d%0aX-Evil:%20yes", "/%0d%0aX-Evil:%20yes",
                             "/v1/todos?limit=1%0d%0a%0d%0a<script>"}) {
    const auto response = server.request("GET", target);
    EXPECT_GE(response.status, 400) << target;
    EXPECT_EQ(response.header("x-evil"), "") << target;
    EXPECT_EQ(response.header("content-type"), "application/problem+json") << target;
  }
}

}  // namespace
}  // namespace forkscope::http
