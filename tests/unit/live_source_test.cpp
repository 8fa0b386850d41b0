#include "live/live_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <filesystem>
#include <iterator>
#include <memory>

#include "event_builder.h"
#include "history/changes.h"
#include "history/history.h"
#include "host_process.h"
#include "segment_host.h"
#include "support/wait_until.h"
#include "words/change_text.h"
#include "words/losses.h"
#include "words/wait.h"
#include "words/wording.h"

namespace forkscope::live {
namespace {

using support::wait_until;
using test::ControlSocketHost;
using test::endpoint;
using test::HostProcess;
using test::RuntimeDirectory;
using test::SegmentHost;
using testing::HasSubstr;

constexpr std::uint16_t kPort = 8000;

bool becomes(LiveSource& source, picture::Attachment attachment) {
  return wait_until([&] {
    source.poll();
    return source.snapshot().attachment == attachment;
  });
}

std::vector<std::string> names(const LiveSource& source) {
  std::vector<std::string> names;
  for (const picture::RunningServer& server : source.servers()) names.push_back(server.name);
  return names;
}

TEST(LiveSource, SaysWhatItLooksForWhileThereIsNoServer) {
  const RuntimeDirectory directory;
  LiveSource any(std::nullopt);
  any.poll();
  EXPECT_EQ(any.snapshot().attachment, picture::Attachment::searching);
  EXPECT_THAT(any.snapshot().attachment_detail, HasSubstr("No server found"));
  LiveSource one(kPort);
  one.poll();
  EXPECT_THAT(one.snapshot().attachment_detail, HasSubstr("No server on port 8000"));
  const SegmentHost other(8001);
  LiveSource again(kPort);
  again.poll();
  EXPECT_THAT(again.snapshot().attachment_detail, HasSubstr("8000. One runs on port 8001."));
  const SegmentHost third(8002);
  LiveSource more(kPort);
  more.poll();
  EXPECT_THAT(more.snapshot().attachment_detail, HasSubstr("8000. Servers run on: 8001, 8002."));
}

TEST(LiveSource, AttachesWhenAServerAppears) {
  const RuntimeDirectory directory;
  LiveSource source(std::nullopt);
  source.poll();
  SegmentHost host(kPort);
  auto slot = host.start_worker(1, 4711);
  slot.begin_request(telemetry::now_ns(), telemetry::Method::get, "/v1/\x1b[2J", 1);
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  const picture::Snapshot& snapshot = source.snapshot();
  EXPECT_EQ(snapshot.server.port, kPort);
  EXPECT_EQ(snapshot.server.host, "127.0.0.1");
  EXPECT_EQ(snapshot.server.hang_after_ns, 2'000'000'000U);
  EXPECT_EQ(snapshot.server.target_workers, 2U);
  ASSERT_EQ(snapshot.workers.size(), 1U);
  EXPECT_EQ(snapshot.workers[0].pid, 4711U);
  ASSERT_TRUE(snapshot.workers[0].in_flight);
  EXPECT_EQ(snapshot.workers[0].in_flight->path, "/v1/?[2J");
  EXPECT_EQ(snapshot.totals.in_flight, 1U);
}

TEST(LiveSource, ASocketFileThatAKilledServerLeftBehindIsNoServer) {
  const RuntimeDirectory directory;
  { const ControlSocketHost dead(kPort, "", -1); }
  LiveSource source(std::nullopt);
  source.poll();
  EXPECT_EQ(source.snapshot().attachment, picture::Attachment::searching);
  EXPECT_THAT(source.snapshot().attachment_detail, HasSubstr("No server found"));
}

/// A source that is attached to a server with one worker.
class AttachedSource : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(becomes(source_, picture::Attachment::live)); }

  const RuntimeDirectory directory_;
  SegmentHost host_{kPort};
  telemetry::SlotWriter slot_ = host_.start_worker(1, 4711);
  LiveSource source_{kPort};
};

TEST_F(AttachedSource, ReportsEachEventAndEachAnswerOnce) {
  const std::uint64_t now_ns = telemetry::now_ns();
  for (std::uint64_t i = 1; i <= 3; ++i) {
    auto request =
        slot_.begin_request(now_ns, telemetry::Method::post, "/v1/todos/12345678901234567890", 7);
    slot_.end_request(request, now_ns + i, 201, 80);
  }
  host_.segment().events().write(test::event(now_ns, telemetry::EventKind::listening, 1, 1));
  source_.poll();
  ASSERT_EQ(source_.answers().size(), 3U);
  EXPECT_EQ(source_.answers()[0].id, 1U);
  EXPECT_EQ(source_.answers()[2].id, 3U);
  EXPECT_EQ(source_.answers()[0].worker, 1U);
  EXPECT_EQ(source_.answers()[0].status, 201);
  EXPECT_EQ(source_.answers()[0].path_tail, "…5678901234567890");
  EXPECT_EQ(source_.events().size(), 1U);
  EXPECT_EQ(source_.snapshot().totals.requests, 3U);
  source_.poll();
  EXPECT_TRUE(source_.answers().empty());
  EXPECT_TRUE(source_.events().empty());
}

TEST_F(AttachedSource, CountsTheRecordsThatItWasTooSlowFor) {
  constexpr std::uint64_t kRequests = 1'300;
  for (std::uint64_t i = 1; i <= kRequests; ++i) {
    auto request = slot_.begin_request(i, telemetry::Method::get, "/v1/todos", 1);
    slot_.end_request(request, i + 1, 200, 2);
  }
  source_.poll();
  EXPECT_EQ(source_.answers().size() + source_.snapshot().totals.lost_records, kRequests);
  EXPECT_GT(source_.snapshot().totals.lost_records, 0U);
  EXPECT_EQ(source_.answers().back().id, kRequests);
  EXPECT_EQ(source_.snapshot().totals.requests, kRequests);
}

TEST_F(AttachedSource, LatenciesAreThoseOfTheLastSecond) {
  const std::uint64_t now_ns = telemetry::now_ns();
  for (int i = 0; i < 100; ++i) {
    auto request = slot_.begin_request(now_ns, telemetry::Method::get, "/v1/todos", 1);
    slot_.end_request(request, now_ns + (i < 95 ? 1'000'000 : 50'000'000), 200, 2);
  }
  ASSERT_TRUE(wait_until([&] {
    source_.poll();
    return source_.snapshot().totals.p99_ms > 0;
  }));
  EXPECT_NEAR(source_.snapshot().totals.p50_ms, 1, 0.07);
  EXPECT_NEAR(source_.snapshot().totals.p99_ms, 50, 3.5);
  // Nothing more happens: after a second nothing is left of it.
  EXPECT_TRUE(wait_until([&] {
    source_.poll();
    return source_.snapshot().totals.p99_ms == 0;
  }));
}

TEST(LiveSource, SaysSoWhenThePrimaryGivesNoSignOfLife) {
  const RuntimeDirectory directory;
  const SegmentHost host(kPort);
  LiveSource source(kPort);
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  EXPECT_TRUE(wait_until([&] {
    source.poll();
    return !source.snapshot().attachment_detail.empty();
  }));
  EXPECT_THAT(source.snapshot().attachment_detail, HasSubstr("no sign of life"));
  EXPECT_EQ(source.snapshot().attachment, picture::Attachment::live);
}

TEST(LiveSource, NoticesTheDeathOfThePrimaryAndKeepsTheLastPicture) {
  const RuntimeDirectory directory;
  HostProcess server(kPort);
  LiveSource source(kPort);
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  server.kill();
  source.poll();  // the pidfd tells at once
  EXPECT_EQ(source.snapshot().attachment, picture::Attachment::lost);
  EXPECT_THAT(source.snapshot().attachment_detail, HasSubstr("gone"));
  source.poll();
  EXPECT_EQ(source.snapshot().workers.size(), 1U);
}

TEST(LiveSource, AttachesAgainAfterARestart) {
  const RuntimeDirectory directory;
  auto server = std::make_unique<HostProcess>(kPort);
  LiveSource source(std::nullopt);
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  const std::uint64_t first = source.snapshot().server.instance_id;
  server->kill();
  ASSERT_TRUE(becomes(source, picture::Attachment::lost));
  server = std::make_unique<HostProcess>(kPort);
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  EXPECT_NE(source.snapshot().server.instance_id, first);
}

TEST(LiveSource, TakesTheLowestPortAndListsThemAll) {
  const RuntimeDirectory directory;
  const SegmentHost second(8001);
  const SegmentHost first(8000);
  LiveSource source(std::nullopt);
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  EXPECT_EQ(source.snapshot().server.port, 8000);
  EXPECT_THAT(source.snapshot().attachment_detail, HasSubstr("8000, 8001"));
  LiveSource chosen(8001);
  ASSERT_TRUE(becomes(chosen, picture::Attachment::live));
  EXPECT_EQ(chosen.snapshot().server.port, 8001);
}

TEST(LiveSource, GoesOverToTheServerThatIsChosen) {
  const RuntimeDirectory directory;
  const SegmentHost second(8001);
  const SegmentHost first(8000);
  LiveSource source(std::nullopt);
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  EXPECT_THAT(names(source), testing::ElementsAre("port 8000", "port 8001"));
  source.choose(endpoint(8001));
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  EXPECT_EQ(source.snapshot().server.port, 8001);
  EXPECT_THAT(names(source), testing::ElementsAre("port 8000", "port 8001"));  // and back again
}

TEST(LiveSource, ListsServersThatComeAndGoWhileItLooksAtOne) {
  const RuntimeDirectory directory;
  const SegmentHost first(8000);
  HostProcess second(8001);
  LiveSource source(8000);
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  EXPECT_THAT(names(source), testing::ElementsAre("port 8000", "port 8001"));
  second.kill();  // its socket file stays
  const SegmentHost third(8002);
  EXPECT_TRUE(wait_until([&] {
    source.poll();
    return names(source) == std::vector<std::string>{"port 8000", "port 8002"};
  }));
}

TEST(LiveSource, StaysWithTheServerThatIsShownWhenItIsChosen) {
  const RuntimeDirectory directory;
  const SegmentHost first(8000);
  LiveSource source(std::nullopt);
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  source.choose(endpoint(8000));
  EXPECT_EQ(source.snapshot().attachment, picture::Attachment::live);
}

TEST(LiveSource, TellsServersOnTheSamePortApart) {
  const RuntimeDirectory directory;
  const SegmentHost first(kPort);
  telemetry::SegmentOptions at_another_address = test::small_segment(kPort);
  at_another_address.host = "127.0.0.2";
  const SegmentHost second(at_another_address, 2);
  LiveSource source(kPort);
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  EXPECT_THAT(source.snapshot().attachment_detail, HasSubstr("Several servers run on port 8000"));
  const std::string name = "port 8000, pid " + std::to_string(::getpid());
  EXPECT_THAT(names(source), testing::ElementsAre(name, name));  // they say no address
  EXPECT_TRUE(source.servers()[0].shown);
  source.choose(endpoint(kPort, 2));
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  EXPECT_EQ(source.snapshot().server.host, "127.0.0.2");
  EXPECT_THAT(source.snapshot().attachment_detail, testing::IsEmpty());
  EXPECT_FALSE(source.servers()[0].shown);
  EXPECT_TRUE(source.servers()[1].shown);
}

TEST(LiveSource, LooksAtTheSocketThatItIsGivenAndAtNoOther) {
  const RuntimeDirectory directory;
  const SegmentHost first(kPort);
  LiveSource source(std::nullopt, endpoint(kPort, 2).path);
  source.poll();
  EXPECT_THAT(source.snapshot().attachment_detail, HasSubstr("No server at "));
  const SegmentHost second(test::small_segment(kPort), 2);
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  EXPECT_EQ(source.snapshot().server.socket, endpoint(kPort, 2).path);
}

TEST(LiveSource, FollowsAServerWhoseSocketMoves) {
  const RuntimeDirectory directory;
  const SegmentHost host(test::small_segment(kPort), 2);
  LiveSource source(std::nullopt);
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  std::filesystem::rename(endpoint(kPort, 2).path, endpoint(kPort).path);
  EXPECT_TRUE(wait_until([&] {
    source.poll();
    return source.snapshot().server.socket == endpoint(kPort).path;
  }));
  EXPECT_TRUE(source.servers().at(0).shown);
}

/// Whatever a view may ask at a moment.
void look_at(const history::History& history, std::uint64_t time_ns) {
  const picture::Snapshot& picture = history.at(time_ns);
  for (const telemetry::WorkerReport& worker : picture.workers) {
    history.worker_bins(worker.number, time_ns, 300);
  }
  for (const picture::CoreSample& core : picture.cores)
    history.core_bins(core.number, time_ns, 300);
  std::vector<history::TimeBin> timeline(300);
  history.timeline(time_ns, timeline);
  for (const history::Incident& incident : history.incidents(time_ns)) {
    words::headline(incident, picture, {});
    words::receipt(incident);
    words::chain(incident);
  }
  for (const history::Change& change : history::recent_changes(history, time_ns)) {
    words::change_text(change, time_ns);
  }
  words::waits(picture);
  words::losses_text(words::losses_at(history, time_ns), 4);
  history.answers(time_ns, 100);
  history.events(time_ns, 100);
  history.evenness(time_ns, 1'000'000'000);
  history.latency(time_ns, 300);
}

TEST(LiveSource, ASegmentWhoseWordsLieShowsWrongFiguresAndNoMore) {
  const RuntimeDirectory directory;
  SegmentHost host(kPort);
  host.start_worker(1, 4711);
  host.start_worker(2, 4712);
  LiveSource source(kPort);
  history::History history;
  ASSERT_TRUE(becomes(source, picture::Attachment::live));
  // Everything behind the header, 300 times, as somebody with a wild pointer would leave it.
  auto* words = reinterpret_cast<telemetry::Word*>(const_cast<std::byte*>(host.segment().data()) +
                                                   telemetry::kHeaderBytes);
  const std::size_t count =
      (host.segment().size() - telemetry::kHeaderBytes) / sizeof(telemetry::Word);
  std::uint64_t random = 88172645463325252;  // xorshift64
  const std::uint64_t values[] = {0, 1, 255, ~std::uint64_t{0}, std::uint64_t{1} << 63, 600};
  for (int round = 0; round < 300; ++round) {
    for (int i = 0; i < 2'000; ++i) {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      const std::uint64_t value = (random >> 60) < 8 ? values[random % 6] : random;
      telemetry::store_relaxed(words + (random >> 20) % count, value);
    }
    source.poll();
    history.add(source.snapshot(), source.answers(), source.events(), source.latency());
    look_at(history, history.newest_ns());
    look_at(history, history.newest_ns() - 1'000'000);
  }
  EXPECT_FALSE(
      source.snapshot().attachment_detail.empty());  // it says that the figures are damaged
}

TEST(LiveSource, RefusesASegmentThatLies) {
  const RuntimeDirectory directory;
  const int fd = ::memfd_create("lie", MFD_CLOEXEC);
  ASSERT_EQ(::ftruncate(fd, 1 << 20), 0);
  const ControlSocketHost host(kPort, "{\"ok\":true}\n", fd);
  LiveSource source(kPort);
  source.poll();
  EXPECT_EQ(source.snapshot().attachment, picture::Attachment::searching);
  EXPECT_THAT(source.snapshot().attachment_detail, HasSubstr("port 8000 cannot be watched: "));
  // It is not asked again in every frame. The host notes a question before it answers it.
  for (int i = 0; i < 100; ++i) source.poll();
  ASSERT_TRUE(wait_until([&] { return !host.asked().empty(); }));
  EXPECT_EQ(host.asked().size(), 1U);
  ::close(fd);
}

TEST(LiveSource, RefusesAnAnswerThatIsNone) {
  const RuntimeDirectory directory;
  for (const char* reply : {"\n", "[]\n", "{\"ok\":true}\n", "{\"ok\":1}\n", "{\"ok\":false}\n",
                            "x", "{\"ok\":false,\"error\":\"too many clients\"}\n"}) {
    const ControlSocketHost host(kPort, reply, -1);
    LiveSource source(kPort);
    source.poll();
    EXPECT_EQ(source.snapshot().attachment, picture::Attachment::searching) << reply;
    EXPECT_THAT(source.snapshot().attachment_detail, HasSubstr("cannot be watched")) << reply;
  }
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST(LiveSource, KeepsNoDescriptorOfAServerThatItRefuses) {
  const RuntimeDirectory directory;
  const int fd = ::memfd_create("anything", MFD_CLOEXEC);
  const std::ptrdiff_t before = open_descriptors();
  // None, one that is no segment, two, more than there is room for; with every kind of answer.
  for (const std::size_t sent : {0, 1, 2, 3, 200}) {
    for (const char* reply : {"{\"ok\":true}\n", "{\"ok\":false}\n", "nonsense\n", "no end"}) {
      const ControlSocketHost host(kPort, reply, std::vector<int>(sent, fd));
      for (int i = 0; i < 3; ++i) {
        LiveSource source(kPort);
        source.poll();
        EXPECT_THAT(source.snapshot().attachment_detail, HasSubstr("cannot be watched"));
      }
    }
    EXPECT_EQ(open_descriptors(), before) << sent << " sent along";
  }
  ::close(fd);
}

TEST(LiveSource, TakesTheFirstOfSeveralDescriptorsAndClosesTheOthers) {
  const RuntimeDirectory directory;
  const telemetry::Segment segment = telemetry::Segment::create(test::small_segment(kPort));
  const ControlSocketHost host(kPort, "{\"ok\":true}\n",
                               {segment.fd(), segment.fd(), segment.fd()});
  const std::ptrdiff_t before = open_descriptors();
  for (int i = 0; i < 3; ++i) {
    LiveSource source(kPort);
    source.poll();
    EXPECT_EQ(source.snapshot().attachment, picture::Attachment::live);
  }
  EXPECT_TRUE(wait_until([&] { return open_descriptors() == before; }));  // the host's as well
}

TEST(LiveSource, DoesNotWaitLongForAServerThatDoesNotAnswer) {
  const RuntimeDirectory directory;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = telemetry::control_socket_path(8001);
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int silent = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);  // never accepts
  ASSERT_EQ(::bind(silent, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(silent, 1), 0);
  LiveSource source(8001);
  const std::uint64_t before_ns = telemetry::now_ns();
  source.poll();
  const std::uint64_t waited_ns = telemetry::now_ns() - before_ns;
  EXPECT_GE(waited_ns, 50'000'000U);
  EXPECT_LT(waited_ns, 500'000'000U);
  EXPECT_THAT(source.snapshot().attachment_detail, HasSubstr("no answer within 50 ms"));
  ::close(silent);
}

}  // namespace
}  // namespace forkscope::live
