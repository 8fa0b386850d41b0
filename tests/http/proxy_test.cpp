// What clients see through a reverse proxy that has taken TLS, a host name or a part of the path
// away: every URL leads back to where they are.
#include <gtest/gtest.h>

#include <string>

#include "support/server_process.h"

namespace forkscope::http {
namespace {

using nlohmann::json;
using support::http_request;
using support::ServerProcess;

const std::string kProxied =
    "X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\nX-Forwarded-Prefix: /list\r\n";
const std::string kOutside = "https://shop.example/list/v1/todos";

TEST(BehindAProxy, EveryUrlIsTheClients) {
  const ServerProcess server({.workers = 1});
  const auto ask = [&](const char* method, const char* target, const char* body,
                       const std::string& fields) {
    return http_request(server.port(), method, target, body, fields);
  };
  const auto created = ask("POST", "/v1/todos", R"({"title":"a"})", kProxied);
  EXPECT_EQ(created.header("location"), kOutside + "/1");
  EXPECT_EQ(json::parse(created.body)["url"], kOutside + "/1");
  ask("POST", "/v1/todos", R"({"title":"b"})", "");

  for (int round = 0; round < 2; ++round) {  // the second answers come from the response cache
    const auto outside = ask("GET", "/v1/todos?limit=1", "", kProxied);
    EXPECT_EQ(outside.header("link"), "<" + kOutside + "?limit=1&after=1>; rel=\"next\"");
    EXPECT_EQ(json::parse(outside.body)[0]["url"], kOutside + "/1");
    const auto standard =
        ask("GET", "/v1/todos?limit=1", "", "Forwarded: proto=https;host=shop.example\r\n");
    EXPECT_EQ(json::parse(standard.body)[0]["url"], "https://shop.example/v1/todos/1");
    const auto inside = ask("GET", "/v1/todos?limit=1", "", "");
    EXPECT_EQ(json::parse(inside.body)[0]["url"], "http://localhost/v1/todos/1");
    EXPECT_NE(inside.header("etag"), outside.header("etag"));
  }
  const std::string etag = ask("GET", "/v1/todos/1", "", kProxied).header("etag");
  const auto changed =
      ask("PATCH", "/v1/todos/1", R"({"order":1})", kProxied + "If-Match: " + etag + "\r\n");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(json::parse(changed.body)["url"], kOutside + "/1");
}

TEST(BehindAProxy, NobodyElseIsBelieved) {
  const ServerProcess server({.workers = 1, .arguments = {"--trusted-proxies=10.0.0.0/8,::1"}});
  const auto created =
      http_request(server.port(), "POST", "/v1/todos", R"({"title":"a"})", kProxied);
  EXPECT_EQ(created.header("location"), "http://localhost/v1/todos/1");
}

}  // namespace
}  // namespace forkscope::http
