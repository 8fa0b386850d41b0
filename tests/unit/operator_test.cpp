// The operator beside servers of a test's own: a segment to look at, a control socket that notes
// what it is asked, and an HTTP port that notes what is requested.
#include "operation/operator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host_process.h"
#include "recording/recorder.h"
#include "recording_script.h"
#include "scripted_http_server.h"
#include "segment_host.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

namespace forkscope::operation {
namespace {

using nlohmann::json;
using support::wait_until;
using telemetry::Protection;
using test::RuntimeDirectory;
using test::ScriptedHttpServer;
using test::SegmentHost;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// What it has, as it tells whoever asks: all, or nothing.
enum class Application { todos, another };

/// Two workers, and everything that is needed to look at them and to act on them.
class FakeServer {
 public:
  explicit FakeServer(bool faults = true, Application application = Application::todos)
      : application_(application),
        http_([this](const std::string& request) { return answer(request); }),
        host_(options(http_.port(), faults)),
        first_(host_.start_worker(1, 4711)) {
    host_.start_worker(2, 4712);
  }

  std::uint16_t port() const { return http_.port(); }
  void beat(telemetry::Protection protection) { host_.beat(protection); }
  /// Notes that it has answered somebody else's request.
  void answered(telemetry::Method method, std::string_view path, std::uint16_t status) {
    telemetry::BegunRequest request = first_.begin_request(telemetry::now_ns(), method, path, 1);
    first_.end_request(request, telemetry::now_ns(), status, 0);
  }
  /// First lines of what was requested, but for what it was asked about itself.
  std::vector<std::string> requested() const {
    const std::lock_guard lock(mutex_);
    return requested_;
  }
  /// What the primary was asked, but for the segment.
  std::vector<json> asked() const {
    std::vector<json> asked;
    for (const std::string& line : host_.asked()) {
      const json question = json::parse(line);
      if (question["cmd"] != "attach") asked.push_back(question);
    }
    return asked;
  }

 private:
  static telemetry::SegmentOptions options(std::uint16_t port, bool faults) {
    telemetry::SegmentOptions options = test::small_segment(port);
    options.faults_enabled = faults;
    return options;
  }
  std::string answer(const std::string& request) {
    const std::lock_guard lock(mutex_);
    if (request.starts_with("OPTIONS ")) {
      return application_ == Application::todos
                 ? "HTTP/1.1 204 No Content\r\nAllow: GET, POST\r\nConnection: close\r\n\r\n"
                 : "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n";
    }
    requested_.push_back(request.substr(0, request.find('\r')));
    return application_ == Application::todos
               ? ScriptedHttpServer::kOk
               : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  }

  const Application application_;
  mutable std::mutex mutex_;
  std::vector<std::string> requested_;
  ScriptedHttpServer http_;
  SegmentHost host_;
  telemetry::SlotWriter first_;  // of worker 1
};

/// What somebody has in front of them.
struct Desk {
  explicit Desk(std::optional<std::uint16_t> port = {}) : session(options(port)) {}
  explicit Desk(const session::SessionOptions& options) : session(options) {}

  static session::SessionOptions options(std::optional<std::uint16_t> port) {
    session::SessionOptions options;
    options.port = port;
    return options;
  }

  /// One turn of the loop.
  void turn() {
    session.poll();
    the_operator.poll(telemetry::now_ns());
  }
  template <typename Condition>
  bool turns_until(Condition condition) {
    return wait_until([&] {
      turn();
      return condition();
    });
  }
  bool becomes(picture::Attachment attachment) {
    return turns_until([&] { return session.history().latest().attachment == attachment; });
  }
  /// The next line that it is told.
  std::string told() {
    std::string notice;
    turns_until([&] {
      notice = the_operator.take_notice();
      return !notice.empty();
    });
    return notice;
  }

  session::Session session;
  Operator the_operator{session};
};

class OperatorTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(desk_.becomes(picture::Attachment::live)); }
  bool carry_out(const Wish& wish) { return operator_.carry_out(wish); }

  const RuntimeDirectory directory_;
  FakeServer server_;
  Desk desk_{server_.port()};
  Operator& operator_ = desk_.the_operator;
};

TEST_F(OperatorTest, ActsOnTheServerThatIsLookedAt) {
  ASSERT_TRUE(operator_.server());
  EXPECT_EQ(operator_.server()->host, "127.0.0.1");
  EXPECT_EQ(operator_.server()->port, server_.port());
  EXPECT_THAT(operator_.server()->program, HasSubstr("operator_test")) << "who plays the primary";
  EXPECT_EQ(operator_.why_not(), "");
}

TEST_F(OperatorTest, FiresAndSaysWhat) {
  EXPECT_TRUE(carry_out(Fire{"/v1/faults/hang?mode=sleep"}));
  EXPECT_EQ(operator_.take_notice(), "Sent GET /v1/faults/hang?mode=sleep.");
  EXPECT_EQ(operator_.take_notice(), "");
  EXPECT_TRUE(desk_.turns_until([&] { return !server_.requested().empty(); }));
  EXPECT_THAT(server_.requested(), ElementsAre("GET /v1/faults/hang?mode=sleep HTTP/1.1"));
}

TEST_F(OperatorTest, SendsSignalsThroughThePrimaryAndTellsItsAnswer) {
  EXPECT_TRUE(carry_out(SendSignal{2, "STOP"}));
  EXPECT_TRUE(operator_.waits());
  EXPECT_EQ(desk_.told(), "Sent SIGSTOP to worker 2.");
  EXPECT_FALSE(operator_.waits());
  EXPECT_THAT(server_.asked(),
              ElementsAre(json{{"cmd", "signal"}, {"worker", 2}, {"signal", "STOP"}}));
}

TEST_F(OperatorTest, HasNoSignalForAWorkerThatIsNotThere) {
  EXPECT_FALSE(carry_out(SendSignal{0, "KILL"}));
  EXPECT_EQ(operator_.take_notice(), "There is no worker to send SIGKILL to.");
  EXPECT_THAT(server_.asked(), IsEmpty());
}

TEST_F(OperatorTest, ScalesFromWhatThereIsButKeepsTheLastWorker) {
  EXPECT_TRUE(carry_out(ScaleBy{1}));
  EXPECT_EQ(desk_.told(), "Scaling to 3 workers.");
  EXPECT_TRUE(carry_out(ScaleBy{-1}));
  EXPECT_EQ(desk_.told(), "Scaling to 1 worker.");
  EXPECT_FALSE(carry_out(ScaleBy{-2}));
  EXPECT_EQ(operator_.take_notice(), "The last worker stays.");
  EXPECT_THAT(server_.asked(), ElementsAre(json{{"cmd", "scale"}, {"workers", 3}},
                                           json{{"cmd", "scale"}, {"workers", 1}}));
}

TEST_F(OperatorTest, Reloads) {
  EXPECT_TRUE(carry_out(Reload{}));
  EXPECT_EQ(desk_.told(), "Rolling reload begins.");
  EXPECT_THAT(server_.asked(), ElementsAre(json{{"cmd", "reload"}}));
}

TEST_F(OperatorTest, SwitchesProtectionToWhatItIsNot) {
  for (const Protection now : {Protection::on, Protection::off}) {
    server_.beat(now);
    ASSERT_TRUE(desk_.turns_until(
        [&] { return desk_.session.history().latest().server.protection == now; }));
    EXPECT_TRUE(carry_out(ToggleProtection{}));
    EXPECT_EQ(desk_.told(), now == Protection::on
                                ? "Protection is off: connections end with their worker."
                                : "Protection is on: connections go on at other workers.");
  }
  EXPECT_TRUE(carry_out(Protect{false}));
  EXPECT_EQ(desk_.told(), "Protection is off: connections end with their worker.");
  EXPECT_THAT(server_.asked(), ElementsAre(json{{"cmd", "protect"}, {"on", false}},
                                           json{{"cmd", "protect"}, {"on", true}},
                                           json{{"cmd", "protect"}, {"on", false}}));
}

TEST_F(OperatorTest, SaysWhereAServerDoesNotKnowProtection) {
  EXPECT_FALSE(carry_out(ToggleProtection{}));
  EXPECT_EQ(operator_.take_notice(),
            "This server does not know protection: connections end with their worker.");
  EXPECT_THAT(server_.asked(), IsEmpty());
}

TEST_F(OperatorTest, TurnsTheLoadOnAndOff) {
  EXPECT_TRUE(carry_out(ToggleLoad{}));
  EXPECT_EQ(operator_.take_notice(), "Load: 2.0k requests/s over 16 connections; L stops it.");
  EXPECT_TRUE(operator_.load_status().running);
  EXPECT_TRUE(desk_.turns_until([&] { return operator_.load_status().answered > 20; }));
  EXPECT_THAT(server_.requested(), Contains(StartsWith("GET /v1/todos")));
  EXPECT_TRUE(carry_out(ToggleLoad{}));
  EXPECT_EQ(operator_.take_notice(), "Load is off. Its clients saw: 0 broken, 0 failed.");
  EXPECT_FALSE(operator_.load_status().running);
}

TEST_F(OperatorTest, SaysWhatLoadTheUserHasChosen) {
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(carry_out(ChangeLoad{LoadSetting::rate}));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(carry_out(ChangeLoad{LoadSetting::connections}));
  EXPECT_EQ(operator_.take_notice(), "");  // nothing has happened so far
  EXPECT_TRUE(carry_out(ToggleLoad{}));
  EXPECT_EQ(operator_.take_notice(), "Load: flat out over 1 connection; L stops it.");
}

TEST_F(OperatorTest, HasTheLoadAskForWhatTheServerHasAnswered) {
  using telemetry::Method;
  EXPECT_FALSE(carry_out(ChangeLoad{LoadSetting::target}));
  EXPECT_EQ(operator_.take_notice(),
            "The load asks for GET /v1/todos: this server has answered nothing else so far.");
  server_.answered(Method::get, "/missing", 404);
  server_.answered(Method::get, "/v1/faults/slow", 200);
  server_.answered(Method::get, "/longer/than/is/kept", 200);
  server_.answered(Method::del, "/votes", 204);
  server_.answered(Method::post, "/votes", 201);
  server_.answered(Method::get, "/v1/todos", 200);
  ASSERT_TRUE(desk_.turns_until([&] { return operator_.answered().size() == 2; }));
  EXPECT_TRUE(operator_.load_has_posts());
  EXPECT_TRUE(carry_out(ChangeLoad{LoadSetting::target}));
  EXPECT_EQ(operator_.take_notice(), "The load asks for POST /votes.");
  EXPECT_FALSE(operator_.load_has_posts());
  carry_out(ToggleLoad{});
  EXPECT_EQ(operator_.take_notice(),
            "Load: 2.0k requests/s, POST /votes, over 16 connections; L stops it.");
  EXPECT_TRUE(desk_.turns_until([&] { return operator_.load_status().answered > 20; }));
  EXPECT_THAT(server_.requested(), Each(StartsWith("POST /votes HTTP/1.1")));
  EXPECT_TRUE(carry_out(ChangeLoad{LoadSetting::target}));  // around, and it goes on with that
  EXPECT_EQ(operator_.take_notice(), "The load asks for GET /v1/todos.");
  EXPECT_TRUE(desk_.turns_until([&] { return operator_.load_status().answered > 20; }));
  EXPECT_THAT(server_.requested(), Contains(StartsWith("GET /v1/todos HTTP/1.1")));
}

TEST_F(OperatorTest, StartsAndStopsTheLoadOfALessonWithoutAWord) {
  EXPECT_TRUE(carry_out(StartLoad{100, 2}));
  EXPECT_TRUE(operator_.load_status().running);
  EXPECT_TRUE(carry_out(StopLoad{}));
  EXPECT_FALSE(operator_.load_status().running);
  EXPECT_EQ(operator_.take_notice(), "");
}

TEST_F(OperatorTest, KnowsNoOtherServerWhereThereIsNone) {
  EXPECT_FALSE(carry_out(LookAtNext{}));
  EXPECT_EQ(operator_.take_notice(), kNoOtherServer);
}

TEST(Operator, SaysWhereFaultsAreOff) {
  const RuntimeDirectory directory;
  const FakeServer server(false);
  Desk desk(server.port());
  ASSERT_TRUE(desk.becomes(picture::Attachment::live));
  EXPECT_FALSE(desk.the_operator.carry_out(Fire{"/v1/faults/hang"}));
  EXPECT_EQ(desk.the_operator.take_notice(), "Faults are off: start the server with --faults on.");
  desk.the_operator.carry_out(ToggleLoad{});  // is no fault
  EXPECT_TRUE(desk.turns_until([&] { return !server.requested().empty(); }));
  EXPECT_THAT(server.requested(), Not(Contains(HasSubstr("faults"))));
}

TEST(Operator, SaysWhatAServerOfAnotherApplicationDoesNotHave) {
  const RuntimeDirectory directory;
  FakeServer server(true, Application::another);
  Desk desk(server.port());
  Operator& the_operator = desk.the_operator;
  ASSERT_TRUE(desk.turns_until([&] {
    return the_operator.offer().faults == picture::Has::no &&
           the_operator.offer().todos == picture::Has::no;
  }));
  EXPECT_FALSE(the_operator.carry_out(Fire{"/v1/faults/hang", "freeze a worker with F"}));
  EXPECT_EQ(the_operator.take_notice(),
            "This server has no /v1/faults: freeze a worker with F instead.");
  for (const Wish& wish : {Wish(ToggleLoad{}), Wish(StartLoad{100, 1})}) {
    EXPECT_FALSE(the_operator.carry_out(wish));
    EXPECT_THAT(the_operator.take_notice(), StartsWith("This server has no /v1/todos: "));
    EXPECT_FALSE(the_operator.load_status().running);
  }
  EXPECT_THAT(server.requested(), IsEmpty());
  server.answered(telemetry::Method::get, "/", 200);
  ASSERT_TRUE(desk.turns_until([&] { return the_operator.why_no_load().empty(); }));
  EXPECT_TRUE(the_operator.carry_out(ToggleLoad{}));
  EXPECT_EQ(the_operator.take_notice(),
            "Load: 2.0k requests/s, GET /, over 16 connections; L stops it.");
  EXPECT_TRUE(desk.turns_until([&] { return the_operator.load_status().answered > 20; }));
  EXPECT_THAT(server.requested(), Each(StartsWith("GET / HTTP/1.1")));
  the_operator.carry_out(ToggleLoad{});
  EXPECT_THAT(the_operator.take_notice(), EndsWith(" failed (status 404)."));
}

const std::vector<Wish> kWishesForAServer{Fire{"/v1/faults/hang"},
                                          SendSignal{1, "KILL"},
                                          ScaleBy{1},
                                          Reload{},
                                          ToggleLoad{},
                                          ChangeLoad{LoadSetting::rate},
                                          StartLoad{100, 1},
                                          Protect{true},
                                          ToggleProtection{}};

TEST(Operator, SaysThatThereIsNoServer) {
  const RuntimeDirectory directory;
  Desk desk;
  desk.turn();
  EXPECT_FALSE(desk.the_operator.server());
  for (const Wish& wish : kWishesForAServer) {
    EXPECT_FALSE(desk.the_operator.carry_out(wish));
    EXPECT_EQ(desk.the_operator.take_notice(), "There is no server to act on.");
  }
  EXPECT_FALSE(desk.the_operator.load_status().running);
}

TEST(Operator, SaysThatARecordingHasNoServer) {
  const RuntimeDirectory directory;
  const FakeServer beside;  // and takes no other one instead
  const support::TempDir files;
  session::SessionOptions options;
  options.replay = files.path() / "some.forkscope";
  {
    recording::Recorder recorder(options.replay);
    history::History history;
    history.set_sink([&](const auto& frame) { recorder.add(frame); });
    history.add(test::scripted_picture(1, 2), {}, {}, {});
    history.add(test::scripted_picture(60, 2), {}, {}, {});
  }
  Desk desk(options);
  desk.turn();
  EXPECT_FALSE(desk.the_operator.server());
  for (const Wish& wish : kWishesForAServer) {
    EXPECT_FALSE(desk.the_operator.carry_out(wish));
    EXPECT_EQ(desk.the_operator.take_notice(),
              "This is a recording: there is no server to act on.");
  }
  EXPECT_FALSE(desk.the_operator.carry_out(LookAtNext{}));
  EXPECT_EQ(desk.the_operator.take_notice(), kNoOtherServer);
  EXPECT_THAT(beside.requested(), IsEmpty());
  EXPECT_THAT(beside.asked(), IsEmpty());
}

TEST(Operator, TurnsTheLoadOffWhenTheServerIsGoneAndActsOnItsSuccessor) {
  const RuntimeDirectory directory;
  constexpr std::uint16_t kPort = 1;  // nobody listens there
  auto server = std::make_unique<test::HostProcess>(kPort);
  Desk desk;
  ASSERT_TRUE(desk.becomes(picture::Attachment::live));
  desk.the_operator.carry_out(StartLoad{10, 1});
  server->kill();
  EXPECT_THAT(desk.told(),
              StartsWith("Load is off: the server is gone. Its clients saw: 0 broken, "));
  EXPECT_FALSE(desk.the_operator.load_status().running);
  server = std::make_unique<test::HostProcess>(kPort);
  ASSERT_TRUE(desk.becomes(picture::Attachment::live));
  desk.the_operator.carry_out(Reload{});
  EXPECT_EQ(desk.told(), "Rolling reload begins.");
}

/// Two servers, of which the one with the lower port is looked at.
class OperatorOfTwo : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(desk_.becomes(picture::Attachment::live));
    ASSERT_TRUE(desk_.turns_until([&] { return desk_.session.servers().size() == 2; }));
    ASSERT_EQ(looked_at(), lower_.port());
  }
  std::uint16_t looked_at() const { return desk_.session.history().latest().server.port; }

  const RuntimeDirectory directory_;
  FakeServer one_;
  FakeServer other_;
  FakeServer& lower_ = one_.port() < other_.port() ? one_ : other_;
  FakeServer& higher_ = one_.port() < other_.port() ? other_ : one_;
  Desk desk_;
  Operator& operator_ = desk_.the_operator;
};

TEST_F(OperatorOfTwo, LooksAtOneAfterTheOtherAndActsOnThatOneAlone) {
  for (FakeServer* next : {&higher_, &lower_, &higher_}) {
    EXPECT_TRUE(operator_.carry_out(LookAtNext{}));
    ASSERT_TRUE(desk_.becomes(picture::Attachment::live));
    EXPECT_EQ(looked_at(), next->port());
    EXPECT_EQ(operator_.take_notice(), "");
  }
  operator_.carry_out(Fire{"/v1/faults/crash"});
  EXPECT_EQ(operator_.take_notice(), "Sent GET /v1/faults/crash.");
  operator_.carry_out(Reload{});
  EXPECT_EQ(desk_.told(), "Rolling reload begins.");
  EXPECT_TRUE(desk_.turns_until([&] { return !higher_.requested().empty(); }));
  EXPECT_THAT(lower_.requested(), IsEmpty());
  EXPECT_THAT(lower_.asked(), IsEmpty());
  EXPECT_EQ(higher_.asked().size(), 1U);
}

TEST_F(OperatorOfTwo, TheLoadDoesNotGoAlong) {
  operator_.carry_out(ToggleLoad{});
  EXPECT_TRUE(desk_.turns_until([&] { return !lower_.requested().empty(); }));
  EXPECT_TRUE(operator_.carry_out(LookAt{desk_.session.servers()[1]}));
  EXPECT_FALSE(operator_.load_status().running);
  EXPECT_EQ(operator_.take_notice(), "");  // what was said was about the other one
  EXPECT_THAT(higher_.requested(), IsEmpty());
}

TEST_F(OperatorOfTwo, TheLoadStaysWhereTheSameServerIsChosen) {
  operator_.carry_out(ToggleLoad{});
  EXPECT_TRUE(operator_.carry_out(LookAt{desk_.session.servers()[0]}));
  EXPECT_TRUE(operator_.load_status().running);
  EXPECT_EQ(looked_at(), lower_.port());
}

TEST_F(OperatorOfTwo, DoesNotGoOverToOneThatIsGone) {
  picture::RunningServer gone = desk_.session.servers()[1];
  gone.endpoint.path += ".gone";
  operator_.carry_out(ToggleLoad{});
  EXPECT_FALSE(operator_.carry_out(LookAt{gone}));
  EXPECT_EQ(operator_.take_notice(), "The server on " + gone.name + " is gone.");
  EXPECT_EQ(looked_at(), lower_.port());
  EXPECT_TRUE(operator_.load_status().running);
}

TEST(Operator, ActsOnNobodyWhereTheServerThatIsLookedAtGivesNoPicture) {
  const RuntimeDirectory directory;
  FakeServer shown;
  const test::ControlSocketHost refuses(1, "{\"ok\":false,\"error\":\"not now\"}\n", -1);
  Desk desk(shown.port());
  ASSERT_TRUE(desk.becomes(picture::Attachment::live));
  ASSERT_TRUE(desk.turns_until([&] { return desk.session.servers().size() == 2; }));
  desk.the_operator.carry_out(ToggleLoad{});
  EXPECT_TRUE(desk.the_operator.carry_out(LookAtNext{}));
  EXPECT_FALSE(desk.the_operator.server());
  EXPECT_FALSE(desk.the_operator.load_status().running);
  EXPECT_FALSE(desk.the_operator.carry_out(Reload{}));
  EXPECT_EQ(desk.the_operator.take_notice(), "There is no server to act on.");
  EXPECT_TRUE(desk.the_operator.carry_out(LookAtNext{}));  // the way leads on from there
  EXPECT_TRUE(desk.becomes(picture::Attachment::live));
  EXPECT_TRUE(desk.the_operator.server());
}

}  // namespace
}  // namespace forkscope::operation
