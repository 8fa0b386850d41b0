#include "model/control_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "scripted_http_server.h"
#include "segment_host.h"
#include "support/wait_until.h"

namespace forkscope::model {
namespace {

using nlohmann::json;
using support::wait_until;
using test::ControlSocketHost;
using test::endpoint;
using test::RuntimeDirectory;
using test::ScriptedHttpServer;
using testing::HasSubstr;

constexpr std::uint16_t kPort = 8000;

TEST(ControlClient, AsksThePrimaryForWhatTheButtonSays) {
  const RuntimeDirectory directory;
  const ControlSocketHost host(kPort, "{\"ok\":true}\n", -1);
  ControlClient client("127.0.0.1", kPort, endpoint(kPort).path);
  EXPECT_TRUE(client.signal(3, "KILL").ok);
  const auto asked = host.asked();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(json::parse(asked[0]), (json{{"cmd", "signal"}, {"worker", 3}, {"signal", "KILL"}}));
  EXPECT_EQ(asked[0].back(), '\n');
}

TEST(ControlClient, ScalesAndReloads) {
  const RuntimeDirectory directory;
  const ControlSocketHost host(kPort, "{\"ok\":true}\n", -1);
  ControlClient client("127.0.0.1", kPort, endpoint(kPort).path);
  EXPECT_TRUE(client.scale(6).ok);
  EXPECT_TRUE(client.reload().ok);
  const auto asked = host.asked();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(json::parse(asked[0]), (json{{"cmd", "scale"}, {"workers", 6}}));
  EXPECT_EQ(json::parse(asked[1]), (json{{"cmd", "reload"}}));
  EXPECT_EQ(client.ctl_line("scale 6"), "todos-server ctl scale 6");
  EXPECT_EQ(ControlClient("127.0.0.1", 8001, "").ctl_line("reload"),
            "todos-server ctl reload --port 8001");
}

TEST(ControlClient, PassesOnWhyThePrimaryRefused) {
  const RuntimeDirectory directory;
  const ControlSocketHost host(kPort, "{\"ok\":false,\"error\":\"no such worker\"}\n", -1);
  const Outcome outcome =
      ControlClient("127.0.0.1", kPort, endpoint(kPort).path).signal(99, "KILL");
  EXPECT_FALSE(outcome.ok);
  EXPECT_THAT(outcome.message, HasSubstr("no such worker"));
}

TEST(ControlClient, SaysSoWhenThereIsNoServer) {
  const RuntimeDirectory directory;
  const Outcome outcome = ControlClient("127.0.0.1", kPort, endpoint(kPort).path).signal(1, "KILL");
  EXPECT_FALSE(outcome.ok);
  EXPECT_THAT(outcome.message, HasSubstr("no server"));
}

TEST(ControlClient, FiresARequestAndLetsGoOfItAfterTheAnswer) {
  std::atomic<int> requests{0};
  ScriptedHttpServer server([&](const std::string& request) {
    EXPECT_TRUE(request.starts_with("GET /v1/faults/work?ms=1 HTTP/1.1\r\n"));
    ++requests;
    return "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
  });
  ControlClient client("127.0.0.1", server.port(), "");
  // More than may wait at a time: those that are answered make room.
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(wait_until([&] { return client.fire("/v1/faults/work?ms=1").ok; }));
  }
  EXPECT_TRUE(wait_until([&] {
    client.poll();
    return requests == 100;
  }));
}

TEST(ControlClient, NeverWaitsForARequestThatHangs) {
  ScriptedHttpServer server([](const std::string&) { return ScriptedHttpServer::kNoAnswer; });
  ControlClient client("0.0.0.0", server.port(), "");
  int fired = 0;  // nobody answers: one that waited for its answer would never come back
  while (client.fire("/v1/faults/hang").ok && fired < 1'000) ++fired;
  EXPECT_EQ(fired, 512);  // then it says that it has enough
  EXPECT_THAT(client.fire("/v1/faults/hang").message, HasSubstr("512 requests wait"));
}

TEST(ControlClient, ShowsTheLineThatDoesTheSame) {
  EXPECT_EQ(ControlClient("127.0.0.1", 8000, "").curl_line("/v1/faults/hang?mode=spin"),
            "curl 'http://127.0.0.1:8000/v1/faults/hang?mode=spin'");
  EXPECT_EQ(ControlClient("::", 8000, "").curl_line("/livez"), "curl 'http://[::1]:8000/livez'");
  EXPECT_EQ(ControlClient("fe80::1%lo", 8000, "").curl_line("/"),
            "curl 'http://[fe80::1%25lo]:8000/'");
  EXPECT_EQ(ControlClient::kill_line("KILL", 4711), "kill -KILL 4711");
}

}  // namespace
}  // namespace forkscope::model
