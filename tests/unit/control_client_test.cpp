#include "live/control_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>

#include "scripted_http_server.h"
#include "segment_host.h"
#include "support/wait_until.h"

namespace forkscope::live {
namespace {

using nlohmann::json;
using support::wait_until;
using test::ControlSocketHost;
using test::endpoint;
using test::RuntimeDirectory;
using test::ScriptedHttpServer;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint16_t kPort = 8000;
constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kNow = 1'000'000 * kMs;  // of a clock that stands still: nothing is late

/// The next outcome, as whoever polls once per frame is told it.
Outcome told_by(ControlClient& client) {
  std::vector<Outcome> outcomes;
  EXPECT_TRUE(wait_until([&] {
    outcomes = client.poll(kNow);
    return !outcomes.empty();
  }));
  EXPECT_LE(outcomes.size(), 1U);
  return outcomes.empty() ? Outcome{} : outcomes.front();
}

TEST(ControlClient, AsksThePrimaryForWhatTheButtonSays) {
  const RuntimeDirectory directory;
  const ControlSocketHost host(kPort, "{\"ok\":true}\n", -1);
  ControlClient client("127.0.0.1", kPort, endpoint(kPort).path);
  EXPECT_FALSE(client.asking());
  client.signal(3, "KILL");
  EXPECT_TRUE(client.asking());
  const Outcome outcome = told_by(client);
  EXPECT_TRUE(outcome.ok);
  EXPECT_EQ(outcome.message, "Sent SIGKILL to worker 3.");
  EXPECT_FALSE(client.asking());
  const auto asked = host.asked();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(json::parse(asked[0]), (json{{"cmd", "signal"}, {"worker", 3}, {"signal", "KILL"}}));
  EXPECT_EQ(asked[0].back(), '\n');
}

TEST(ControlClient, ScalesReloadsAndProtects) {
  const RuntimeDirectory directory;
  const ControlSocketHost host(kPort, "{\"ok\":true}\n", -1);
  ControlClient client("127.0.0.1", kPort, endpoint(kPort).path);
  client.scale(6);
  EXPECT_TRUE(told_by(client).ok);
  client.reload();
  EXPECT_TRUE(told_by(client).ok);
  for (const bool on : {true, false}) {
    client.protect(on);
    EXPECT_TRUE(told_by(client).ok);
  }
  const auto asked = host.asked();
  ASSERT_EQ(asked.size(), 4U);
  EXPECT_EQ(json::parse(asked[0]), (json{{"cmd", "scale"}, {"workers", 6}}));
  EXPECT_EQ(json::parse(asked[1]), (json{{"cmd", "reload"}}));
  EXPECT_EQ(json::parse(asked[2]), (json{{"cmd", "protect"}, {"on", true}}));
  EXPECT_EQ(json::parse(asked[3]), (json{{"cmd", "protect"}, {"on", false}}));
}

TEST(ControlClient, PassesOnWhyThePrimaryRefused) {
  const RuntimeDirectory directory;
  const ControlSocketHost host(kPort, "{\"ok\":false,\"error\":\"no such worker\"}\n", -1);
  ControlClient client("127.0.0.1", kPort, endpoint(kPort).path);
  client.signal(99, "KILL");
  const Outcome outcome = told_by(client);
  EXPECT_FALSE(outcome.ok);
  EXPECT_THAT(outcome.message, HasSubstr("no such worker"));
}

TEST(ControlClient, SaysSoWhenThereIsNoServer) {
  const RuntimeDirectory directory;
  ControlClient client("127.0.0.1", kPort, endpoint(kPort).path);
  client.signal(1, "KILL");
  const Outcome outcome = told_by(client);
  EXPECT_FALSE(outcome.ok);
  EXPECT_THAT(outcome.message, HasSubstr("no server"));
}

/// A primary that was stopped: it listens, and answers nothing before it goes on.
class StoppedPrimary {
 public:
  StoppedPrimary() {
    const auto address = telemetry::unix_address(endpoint(kPort).path);
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
    ::listen(listener_, 32);
  }
  ~StoppedPrimary() { ::close(listener_); }
  /// Does the next thing that it was asked, and returns that.
  std::string go_on() const {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    char line[512];
    const ssize_t count = ::recv(client, line, sizeof line, 0);
    ::send(client, "{\"ok\":true}\n", 12, MSG_NOSIGNAL);
    ::close(client);
    return {line, static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  }

 private:
  const int listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

TEST(ControlClient, NeverWaitsForAPrimaryThatIsStoppedAndTellsItsAnswerWhenItComes) {
  const RuntimeDirectory directory;
  const StoppedPrimary primary;
  ControlClient client("127.0.0.1", kPort, endpoint(kPort).path);
  client.scale(6);
  EXPECT_THAT(client.poll(kNow), IsEmpty());
  EXPECT_THAT(client.poll(kNow + 999 * kMs), IsEmpty());
  const auto late = client.poll(kNow + 1'000 * kMs);
  ASSERT_EQ(late.size(), 1U);
  EXPECT_FALSE(late[0].ok);
  EXPECT_THAT(late[0].message, HasSubstr("No answer from the primary so far"));
  EXPECT_THAT(client.poll(kNow + 60'000 * kMs), IsEmpty());  // said once
  EXPECT_TRUE(client.asking());
  primary.go_on();
  const Outcome outcome = told_by(client);
  EXPECT_TRUE(outcome.ok);
  EXPECT_EQ(outcome.message, "Scaling to 6 workers.");
}

TEST(ControlClient, AsksOnlySoManyQuestionsAtOnceAndTheOthersInTheirTurn) {
  const RuntimeDirectory directory;
  const StoppedPrimary primary;
  ControlClient client("127.0.0.1", kPort, endpoint(kPort).path);
  for (std::uint32_t worker = 1; worker <= 40; ++worker) client.signal(worker, "KILL");
  EXPECT_THAT(client.poll(kNow), IsEmpty());  // none found the primary's backlog full
  for (std::uint32_t worker = 1; worker <= 40; ++worker) {
    EXPECT_EQ(json::parse(primary.go_on())["worker"], worker);
    EXPECT_EQ(told_by(client).message, "Sent SIGKILL to worker " + std::to_string(worker) + '.');
  }
  EXPECT_FALSE(client.asking());
}

TEST(ControlClient, SaysSoWhenTooManyQuestionsWait) {
  const RuntimeDirectory directory;
  const StoppedPrimary primary;
  ControlClient client("127.0.0.1", kPort, endpoint(kPort).path);
  for (int i = 0; i < 513; ++i) client.reload();
  EXPECT_EQ(told_by(client).message, "Not asked: 512 questions wait for an answer.");
}

TEST(ControlClient, FiresARequestAndLetsGoOfItAfterTheAnswer) {
  std::atomic<int> requests{0};
  ScriptedHttpServer server([&](const std::string& request) -> std::string {
    if (request.starts_with("OPTIONS ")) return ScriptedHttpServer::kNoAnswer;
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
    EXPECT_THAT(client.poll(kNow), IsEmpty());
    return client.fired().answered == 100;
  }));
  EXPECT_EQ(requests, 100);
  EXPECT_EQ(client.fired().refused, 0U);
}

TEST(ControlClient, TellsWithWhichStatusARequestWasRefused) {
  ScriptedHttpServer server([](const std::string& request) -> std::string {
    if (request.starts_with("OPTIONS ")) return ScriptedHttpServer::kNoAnswer;
    return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  });
  ControlClient client("127.0.0.1", server.port(), "");
  ASSERT_TRUE(wait_until([&] { return client.fire("/v1/faults/hang").ok; }));
  const Outcome outcome = told_by(client);
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.message, "GET /v1/faults/hang was answered with status 404.");
  EXPECT_EQ(client.fired().latest_refusal, outcome.message);
  EXPECT_EQ(client.fired().refused, 1U);
  EXPECT_EQ(client.fired().answered, 0U);
}

/// What a server offers that answers OPTIONS for the faults, and for the todos, like this.
picture::Offer offer_of(const std::string& faults, const std::string& todos) {
  std::atomic<int> asked{0};
  ScriptedHttpServer server([&](const std::string& request) {
    ++asked;
    if (request.starts_with("OPTIONS /v1/faults/hang HTTP/1.1\r\n")) return faults;
    EXPECT_TRUE(request.starts_with("OPTIONS /v1/todos HTTP/1.1\r\n")) << request;
    return todos;
  });
  ControlClient client("127.0.0.1", server.port(), "");
  EXPECT_EQ(client.offer().faults, picture::Has::unknown);
  EXPECT_TRUE(wait_until([&] {
    EXPECT_THAT(client.poll(kNow), IsEmpty());
    return asked == 2 && (faults.empty() || client.offer().faults != picture::Has::unknown) &&
           (todos.empty() || client.offer().todos != picture::Has::unknown);
  }));
  for (int i = 0; i < 10; ++i) client.poll(kNow);
  EXPECT_EQ(asked, 2);  // once
  return client.offer();
}

std::string allowing(const std::string& methods) {
  return "HTTP/1.1 204 No Content\r\nallow:" + methods + "\r\nConnection: close\r\n\r\n";
}

TEST(ControlClient, AsksAServerOnceWhatItHas) {
  using picture::Has;
  picture::Offer offer = offer_of(allowing(" GET, HEAD, OPTIONS"), allowing("GET,HEAD,POST"));
  EXPECT_EQ(offer.faults, Has::yes);
  EXPECT_EQ(offer.todos, Has::yes);
  EXPECT_EQ(offer.writes, Has::yes);
  const std::string missing = "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n";
  offer = offer_of(missing, allowing(" GET, HEAD"));
  EXPECT_EQ(offer.faults, Has::no);
  EXPECT_EQ(offer.todos, Has::yes);
  EXPECT_EQ(offer.writes, Has::no);
}

TEST(ControlClient, TakesNoYesToEverythingForAnAnswerAndNoSilenceForANo) {
  using picture::Has;
  const std::string for_browsers =
      "HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Methods: GET, POST\r\n"
      "Connection: close\r\n\r\n";
  EXPECT_EQ(offer_of(for_browsers, for_browsers).todos, Has::no);
  const std::string knows_none = "HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(offer_of(knows_none, "").faults, Has::no);
  EXPECT_EQ(offer_of(knows_none, "").todos, Has::unknown);
}

TEST(ControlClient, NeverWaitsForARequestThatHangs) {
  ScriptedHttpServer server([](const std::string&) { return ScriptedHttpServer::kNoAnswer; });
  ControlClient client("0.0.0.0", server.port(), "");
  int fired = 0;  // nobody answers: one that waited for its answer would never come back
  while (client.fire("/v1/faults/hang").ok && fired < 1'000) ++fired;
  EXPECT_EQ(fired, 512);  // then it says that it has enough
  EXPECT_THAT(client.fire("/v1/faults/hang").message, HasSubstr("512 requests wait"));
}

}  // namespace
}  // namespace forkscope::live
