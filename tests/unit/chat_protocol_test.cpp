// Engine.IO and Socket.IO as docs/examples/chat reads and writes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "protocol/engine_io.h"
#include "protocol/socket_io.h"

namespace forkscope::chat {
namespace {

using nlohmann::json;
using ::testing::Eq;
using ::testing::Optional;

// ── Engine.IO ──

TEST(EngineIo, ReadsTheTypeInFront) {
  const auto packet = engine_io::parse("4hello");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, engine_io::Type::message);
  EXPECT_EQ(packet->data, "hello");
  for (const char* wrong : {"", "7", "hello", " 4"}) EXPECT_FALSE(engine_io::parse(wrong)) << wrong;
}

TEST(EngineIo, OpensWithWhatClientsWantToKnow) {
  using namespace std::chrono_literals;
  EXPECT_EQ(
      engine_io::packet(engine_io::Open{"abc", 25s, 20s, 100}),
      R"(0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100})");
}

int refusal(const char* query, const char* method = "GET", bool is_websocket = true) {
  const auto refused = engine_io::why_refused(method, query, is_websocket);
  return refused ? refused->code : -1;
}

TEST(EngineIo, RefusesWhatIsNoHandshakeOfItsKind) {
  EXPECT_EQ(refusal("EIO=4&transport=websocket"), -1);
  EXPECT_EQ(refusal("t=x&transport=websocket&EIO=4"), -1);
  EXPECT_EQ(refusal("EIO=4&transport=polling"), 0);
  EXPECT_EQ(refusal("EIO=4"), 0);
  EXPECT_EQ(refusal(""), 0);
  EXPECT_EQ(refusal("EIO=4&transport=websocket&sid="), 1);
  EXPECT_EQ(refusal("EIO=4&transport=websocket", "POST"), 2);
  EXPECT_EQ(refusal("EIO=4&transport=websocket", "GET", false), 3);
  EXPECT_EQ(refusal("EIO=3&transport=websocket"), 5);
  EXPECT_EQ(refusal("xEIO=4&transport=websocket"), 5);
}

// ── Socket.IO ──

TEST(SocketIo, ReadsTheHeadOfAPacket) {
  const auto packet = socket_io::parse(R"(2/news,17["say",1])");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, socket_io::Type::event);
  EXPECT_EQ(packet->name_space, "/news");
  EXPECT_THAT(packet->number, Optional(17U));
  EXPECT_EQ(packet->payload, R"(["say",1])");
}

TEST(SocketIo, KnowsTheNamespaceThatIsNotNamed) {
  for (const char* text : {"0", R"(0{"a":1})", "0/,", "0/?a=b,"}) {
    const auto packet = socket_io::parse(text);
    ASSERT_TRUE(packet) << text;
    EXPECT_EQ(packet->name_space, "/") << text;
  }
  EXPECT_EQ(socket_io::parse("0/news")->name_space, "/news");
  EXPECT_EQ(socket_io::parse("0/news?token=x,")->name_space, "/news");
  EXPECT_FALSE(socket_io::parse("0/" + std::string(socket_io::kMaxNameSpace, 'x')));
}

TEST(SocketIo, RefusesNumbersThatNoClientCanCountTo) {
  EXPECT_THAT(socket_io::parse("29007199254740991[]")->number, Optional(9007199254740991U));
  EXPECT_FALSE(socket_io::parse("29007199254740992[]"));
  EXPECT_FALSE(socket_io::parse("299999999999999999999[]"));
  EXPECT_FALSE(socket_io::parse("3[]")) << "an acknowledgement is of something";
}

TEST(SocketIo, LeavesAttachmentsUnread) {
  const auto packet = socket_io::parse(R"(51-["file",{"_placeholder":true,"num":0}])");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, socket_io::Type::binary_event);
}

TEST(SocketIo, ReadsAnEvent) {
  const auto event = socket_io::event_of(R"(["say","hello",{"to":"Ada"}])");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->name, "say");
  EXPECT_EQ(event->arguments, json::parse(R"(["hello",{"to":"Ada"}])"));
  EXPECT_EQ(socket_io::event_of(R"(["say"])")->arguments, json::array());
}

TEST(SocketIo, RefusesWhatIsNoEvent) {
  for (const char* wrong : {"", "[]", "{}", "[1]", R"([["say"]])", R"(["say")", R"("say")",
                            R"(["connect"])", R"(["disconnect"])", R"(["\ud800"])", "nonsense"}) {
    EXPECT_FALSE(socket_io::event_of(wrong)) << wrong;
  }
  EXPECT_FALSE(socket_io::event_of(std::string(60'000, '['))) << "as deep as it is long";
}

TEST(SocketIo, ReadsWhatComesWithConnect) {
  EXPECT_THAT(socket_io::authentication_of(""), Optional(Eq(json())));
  EXPECT_THAT(socket_io::authentication_of(R"({"name":"Ada"})"),
              Optional(Eq(json{{"name", "Ada"}})));
  for (const char* wrong : {"[]", "1", "{", R"("Ada")"}) {
    EXPECT_FALSE(socket_io::authentication_of(wrong)) << wrong;
  }
}

TEST(SocketIo, WritesPackets) {
  EXPECT_EQ(socket_io::connect("abc"), R"(0{"sid":"abc"})");
  EXPECT_EQ(socket_io::connect_error("/news", "no"), R"(4/news,{"message":"no"})");
  EXPECT_EQ(socket_io::event("said", {{"text", "hello"}}), R"(2["said",{"text":"hello"}])");
  EXPECT_EQ(socket_io::event("welcome", {{"worker", 1}}, 0), R"(20["welcome",{"worker":1}])");
  EXPECT_EQ(socket_io::acknowledgement(17, {{"ok", true}}), R"(317[{"ok":true}])");
}

}  // namespace
}  // namespace forkscope::chat
