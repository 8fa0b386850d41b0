// The requests of one worker without its event loop: who ends when, what is told of those that
// wait, and what an answer says of its connection. Real sockets and a real segment, in one process.
#include "gateway/request_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "forkscope/telemetry/segment.h"
#include "gateway/connection_table.h"

namespace forkscope::gateway {
namespace {

using httplib::Request;
using httplib::Response;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kRead = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kWrite = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
const std::string kMalformed = "no request\r\n\r\n";

class Notes final : public Application {
 public:
  void add_routes(httplib::Server& server) override {
    server.Get("/", [](const Request&, Response& response) { response.set_content("r", "a/b"); });
    server.Post("/", [](const Request&, Response& response) { response.set_content("w", "a/b"); });
  }
  bool writes(std::string_view method, std::string_view) const override { return method == "POST"; }
  std::optional<CommitFailure> commit_writes() override { return failure; }
  bool begin_flush() override { return disk_is_through; }

  std::optional<CommitFailure> failure;
  bool disk_is_through = true;
};

class RequestSchedulerTest : public ::testing::Test {
 protected:
  RequestSchedulerTest() { clock_.tick(); }

  /// Returns the client's end; what it `sends` has arrived.
  int connect(const std::string& sends) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    clients_.emplace_back(ends[1]);
    EXPECT_EQ(::send(ends[1], sends.data(), sends.size(), 0), static_cast<ssize_t>(sends.size()));
    Connection& connection = connections_.add({os::UniqueFd(ends[0]), {}});
    conversations_.begin(connection);
    conversations_.note(connection, EPOLLIN | EPOLLOUT);
    return ends[1];
  }
  /// As an iteration of the event loop does.
  void iterate() {
    conversations_.attend_ready();
    if (scheduler_.has_requests()) scheduler_.serve();
  }
  static std::string received(int client) {
    std::string bytes(64 * 1024, '\0');
    const ssize_t count = ::recv(client, bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  std::vector<std::uint64_t> ended() const {
    std::vector<std::uint64_t> ids;
    const auto lane = view_.requests(0);
    for (std::uint64_t n = 0; n < lane.head(); ++n) ids.push_back(lane.read(n)->id);
    return ids;
  }

  inline static const os::CaughtSignals kNoSignals{{}, {}};  // one per process

  Notes application_;
  telemetry::Segment segment_ = telemetry::Segment::create({});
  telemetry::SegmentView view_ = telemetry::SegmentView::over(segment_.data(), segment_.size());
  telemetry::SlotWriter slot_ = segment_.slot(0);
  std::vector<os::EventFd> wake_{1};
  const http::Limits limits_;
  const http::TrustedProxies proxies_;
  LoopClock clock_;
  Drain drain_{limits_.drain_timeout};
  ConnectionTable connections_{limits_, proxies_, slot_};
  os::UniqueFd listening_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  RequestRunner runner_{application_, {1, 4711}, listening_.get(), slot_};
  Conversations conversations_{limits_, connections_, runner_, drain_, kNoSignals, clock_, slot_};
  TurnRelay turn_relay_{view_, 0, wake_};
  RequestScheduler scheduler_{application_, runner_, conversations_, turn_relay_, clock_, slot_};
  std::deque<os::UniqueFd> clients_;
};

// The answer to the first feeds what its client has sent behind it, which is refused at once.
TEST_F(RequestSchedulerTest, EndsAllWritesOfABatchBeforeAnotherRequestBegins) {
  const int first = connect(kWrite + kMalformed);
  connect(kWrite);
  connect(kWrite);
  iterate();
  EXPECT_THAT(ended(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(received(first), HasSubstr("\r\n\r\nwHTTP/1.1 400 "));
  EXPECT_FALSE(view_.in_flight(0));
  EXPECT_EQ(slot_.settle_after_exit(), 0U);
}

TEST_F(RequestSchedulerTest, TellsOfABatchThatWaitsForTheDiskUntilItHasEnded) {
  application_.disk_is_through = false;
  const int first = connect(kWrite + kMalformed);
  connect(kWrite);
  iterate();
  EXPECT_EQ(view_.counters(0).writes_unflushed, 2U);
  EXPECT_FALSE(view_.in_flight(0));

  const int reader = connect(kRead);
  iterate();
  EXPECT_THAT(received(reader), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(view_.counters(0).writes_unflushed, 2U);
  EXPECT_FALSE(view_.in_flight(0));
  EXPECT_EQ(received(first), "");

  application_.disk_is_through = true;
  iterate();
  EXPECT_THAT(ended(), ElementsAre(3, 1, 2, 4));
  EXPECT_THAT(received(first), HasSubstr("\r\n\r\nwHTTP/1.1 400 "));
  EXPECT_EQ(view_.counters(0).writes_unflushed, 0U);
  EXPECT_FALSE(view_.in_flight(0));
  EXPECT_EQ(slot_.settle_after_exit(), 0U);
}

// What has been decided meanwhile counts, not what was so when the handler ran.
TEST_F(RequestSchedulerTest, SaysWithAnAnswerWhetherTheConnectionStaysWhenItLeaves) {
  application_.disk_is_through = false;
  const int client = connect(kWrite);
  iterate();
  drain_.begin(Drain::Kind::stop, clock_.now_ns());
  application_.disk_is_through = true;
  iterate();
  EXPECT_THAT(received(client), HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(RequestSchedulerTest, TellsAnOldClientThatItsConnectionStays) {
  const std::string kept = " / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n";
  application_.failure = {507, "The disk is full."};
  const int client = connect("GET" + kept + "POST" + kept);
  iterate();
  EXPECT_THAT(received(client), HasSubstr("\r\nConnection: keep-alive\r\n"));
  iterate();
  const std::string own = received(client);
  EXPECT_THAT(own, StartsWith("HTTP/1.1 507 "));
  EXPECT_THAT(own, HasSubstr("\r\nConnection: keep-alive\r\n"));
}

TEST_F(RequestSchedulerTest, SaysNothingOfAConnectionThatStaysAsUsual) {
  const int client = connect(kRead);
  iterate();
  EXPECT_THAT(received(client), Not(HasSubstr("Connection:")));
}

}  // namespace
}  // namespace forkscope::gateway
