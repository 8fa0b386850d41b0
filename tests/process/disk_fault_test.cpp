// A disk that stalls or fails, which no handler is to blame for: a stall in the commit or in the
// flush is a hang like any other, and what the disk has not confirmed is never acknowledged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "support/faulty_disk.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/todos.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using namespace std::chrono_literals;
using support::FaultyDisk;
using support::HttpConnection;
using support::post_todo;
using support::ServerProcess;
using support::todo;
using support::wait_for_hang;
using support::wait_until;
using ::testing::HasSubstr;

const std::string kSameTodo = R"({"title":"walk the dog"})";

std::string all_todos(const ServerProcess& server) {
  return server.request("GET", "/v1/todos").body;
}

struct Stall {
  const char* moment;
  FaultyDisk::Fault fault;
  const char* phase;
  bool log_in_doubt = false;  ///< By an error before.
};
void PrintTo(const Stall& stall, std::ostream* out) { *out << stall.moment; }

class DiskStall : public ::testing::TestWithParam<Stall> {
 protected:
  FaultyDisk disk_;
  ServerProcess server_{{.workers = 2,
                         .arguments = {"--hang-after=300ms", "--kill-after=1s", "--protect=off"},
                         .environment = disk_.environment()}};
};

TEST_P(DiskStall, IsAHangThatNamesItsPhaseAndStopsNobodyElse) {
  ASSERT_EQ(post_todo(server_, "before").status, 201);
  HttpConnection caught(server_.port());
  if (GetParam().log_in_doubt) {
    disk_.arm(FaultyDisk::Fault::kFailSync);
    caught.send_request("POST", "/v1/todos", todo("in the gap"));
    ASSERT_EQ(caught.read_response().status, 503);
  }
  disk_.arm(GetParam().fault);
  caught.send_request("POST", "/v1/todos", todo("caught"));
  const int number = wait_for_hang(server_, 2);
  ASSERT_NE(number, 0);
  const auto hang = server_.worker(number)["hang"];
  EXPECT_TRUE(disk_.has_struck(GetParam().fault));
  EXPECT_EQ(hang["kind"], "blocked");
  EXPECT_EQ(hang["phase"], GetParam().phase);
  EXPECT_THAT(server_.log(), HasSubstr("while " + std::string(GetParam().phase) + " (blocked)"))
      << "a commit is for many requests: the phase is named, none of them";
  const bool has_begun = server_.worker(number)["in_flight"] != nullptr;
  EXPECT_EQ(has_begun, !GetParam().log_in_doubt) << "a log is replaced before the batch begins";

  // The other one serves meanwhile, and can tell what is going on.
  const auto told = nlohmann::json::parse(server_.request("GET", "/v1/workers").body);
  EXPECT_EQ(told["workers"][number - 1]["hang"]["phase"], GetParam().phase);
  EXPECT_THAT(all_todos(server_), HasSubstr("before"));
  // In the commit the turn to write is held, until its holder is killed; nobody's patience ends
  // before that.
  EXPECT_EQ(post_todo(server_, "meanwhile").status, 201);

  EXPECT_TRUE(support::wait_for_generation(server_, number, 2));
  EXPECT_EQ(server_.worker(number)["last_exit"]["was_hung"], true);
  EXPECT_EQ(server_.worker(3 - number)["generation"], 1);
  EXPECT_TRUE(caught.is_closed_by_peer()) << "nobody was told that it is stored";
  EXPECT_EQ(post_todo(server_, "after").status, 201);
  for (const char* title : {"before", "meanwhile", "after"}) {
    EXPECT_THAT(all_todos(server_), HasSubstr(title));
  }
}

INSTANTIATE_TEST_SUITE_P(
    EveryMoment, DiskStall,
    ::testing::Values(Stall{"InTheCommit", FaultyDisk::Fault::kStallWrite, "committing"},
                      Stall{"InTheReplacementOfTheLog", FaultyDisk::Fault::kStallSync, "committing",
                            true}),
    [](const auto& test) { return test.param.moment; });

/// Of all workers, in the metrics.
int writes_unflushed(const ServerProcess& server) {
  const std::string metrics = server.request("GET", "/metrics").body;
  const std::string name = "\nforkscope_worker_writes_unflushed{worker=\"";
  int sum = 0;
  for (auto at = metrics.find(name); at != std::string::npos; at = metrics.find(name, at + 1)) {
    sum += std::stoi(metrics.substr(metrics.find("} ", at) + 2));
  }
  return sum;
}

TEST(DiskThatStalls, HoldsUpAnswersAndNoWorker) {
  constexpr int kWorkers = 4;
  FaultyDisk disk;
  const ServerProcess server({.workers = kWorkers,
                              .arguments = {"--hang-after=700ms", "--kill-after=900ms"},
                              .environment = disk.environment()});
  ASSERT_EQ(post_todo(server, "before").status, 201);
  std::vector<HttpConnection> writers;
  for (int i = 0; i < 4 * kWorkers; ++i) {  // to several workers
    writers.emplace_back(server.port());
    writers.back().send_request("GET", "/livez");
    ASSERT_EQ(writers.back().read_response().status, 200);
  }
  disk.hold_syncs();
  for (HttpConnection& writer : writers) writer.send_request("POST", "/v1/todos", todo("during"));
  ASSERT_TRUE(wait_until([&] { return disk.held().size() >= 2; })) << server.log();
  EXPECT_TRUE(wait_until([&] { return writes_unflushed(server) >= 2; }));
  const double since = server.worker(1)["uptime_ms"];
  EXPECT_TRUE(wait_until([&] {
    EXPECT_THAT(all_todos(server), HasSubstr("before"));
    return server.worker(1)["uptime_ms"] > since + 1000;
  }));
  disk.release_syncs();
  for (HttpConnection& writer : writers) EXPECT_EQ(writer.read_response().status, 201);
  EXPECT_TRUE(wait_until([&] { return writes_unflushed(server) == 0; }));
  for (int i = 1; i <= kWorkers; ++i) {
    EXPECT_EQ(server.worker(i)["generation"], 1);
    EXPECT_EQ(server.worker(i)["hangs"], 0);
  }
}

TEST(DiskThatStalls, IsToldAfterFiveSecondsAndForgottenAfterwards) {
  FaultyDisk disk;
  const ServerProcess server({.workers = 1, .environment = disk.environment()});
  disk.hold_syncs();
  const auto refused = post_todo(server, "late");
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, HasSubstr("not confirmed the change in time"));
  disk.release_syncs();
  EXPECT_EQ(post_todo(server, "after").status, 201);
  EXPECT_THAT(all_todos(server), HasSubstr("late"));
  EXPECT_EQ(server.worker(1)["generation"], 1);
}

/// Two numbers that SQLite draws anew for each log (sqlite.org/fileformat.html, "The WAL File
/// Format").
std::string salts_of_log(const ServerProcess& server) {
  std::ifstream log(server.directory() / "todos.db-wal", std::ios::binary);
  std::string salts(8, '\0');
  log.seekg(16).read(salts.data(), 8);
  EXPECT_TRUE(log);
  return salts;
}

// An error of fdatasync(2) is reported once, and Linux takes the pages for written. What is
// appended behind such a gap is lost with it, so the next todo must not be.
class DiskError : public ::testing::Test {
 protected:
  FaultyDisk disk_;
  ServerProcess server_{{.workers = 1, .environment = disk_.environment()}};
  std::string log_with_gap_;

  void make_gap() {
    ASSERT_EQ(post_todo(server_, "before").status, 201);
    disk_.arm(FaultyDisk::Fault::kFailSync);
    const auto failed = post_todo(server_, "in the gap");
    EXPECT_TRUE(disk_.has_struck(FaultyDisk::Fault::kFailSync));
    EXPECT_EQ(failed.status, 503);
    EXPECT_THAT(failed.body, HasSubstr("Input/output error"));
    EXPECT_THAT(failed.body, HasSubstr("it may be lost"));
    log_with_gap_ = salts_of_log(server_);
  }
  void wait_for_successor_of(pid_t pid) {
    ASSERT_NE(support::wait_for_successor(server_, 1, pid), 0) << server_.log();
    ASSERT_TRUE(wait_until([&] { return server_.worker_state(1) == "idle"; })) << server_.log();
  }
  void expect_next_todo_is_in_a_new_log() {
    EXPECT_EQ(post_todo(server_, "after").status, 201);
    const std::string log = salts_of_log(server_);
    EXPECT_NE(log, log_with_gap_);
    EXPECT_EQ(post_todo(server_, "one more").status, 201);
    EXPECT_EQ(salts_of_log(server_), log) << "the doubt is over";
    server_.signal(SIGKILL);
    server_.wait_for_exit();
    const ServerProcess again({.workers = 1, .directory = server_.directory()});
    EXPECT_THAT(all_todos(again), HasSubstr("before"));
    EXPECT_THAT(all_todos(again), HasSubstr("after"));
  }
};

TEST_F(DiskError, IsToldAndNothingIsAcknowledgedBehindTheGap) {
  make_gap();
  expect_next_todo_is_in_a_new_log();
}

TEST_F(DiskError, IsNotForgottenWhenItsWorkerIsKilled) {
  make_gap();
  const pid_t worker = server_.worker_pid(1);
  ::kill(worker, SIGKILL);
  wait_for_successor_of(worker);
  expect_next_todo_is_in_a_new_log();
}

TEST_F(DiskError, IsNotForgottenByAReload) {
  make_gap();
  const pid_t worker = server_.worker_pid(1);
  server_.signal(SIGHUP);
  wait_for_successor_of(worker);
  expect_next_todo_is_in_a_new_log();
}

// Whether the disk has the log, nobody will ever know: the one who asked is dead.
TEST_F(DiskError, IsFearedWhereAWorkerDiesInItsFlush) {
  ASSERT_EQ(post_todo(server_, "before").status, 201);
  disk_.arm(FaultyDisk::Fault::kStallSync);
  HttpConnection caught(server_.port());
  caught.send_request("POST", "/v1/todos", todo("in the gap"));
  ASSERT_TRUE(wait_until([&] { return disk_.has_struck(FaultyDisk::Fault::kStallSync); }));
  log_with_gap_ = salts_of_log(server_);
  const pid_t worker = server_.worker_pid(1);
  ::kill(worker, SIGKILL);
  wait_for_successor_of(worker);
  expect_next_todo_is_in_a_new_log();
}

/// POSTs the same todo again and again, up to the first checkpoint: the first that moves something
/// into the database itself. Returns how many there were; the same number on every new database.
int posts_up_to_a_checkpoint() {
  const ServerProcess server({.workers = 1});
  const auto database = server.directory() / "todos.db";
  const auto size = std::filesystem::file_size(database);
  for (int posts = 1; posts <= 1000; ++posts) {
    EXPECT_EQ(server.request("POST", "/v1/todos", kSameTodo).status, 201);
    if (std::filesystem::file_size(database) != size) return posts;
  }
  return 0;
}

// The checkpoint after a commit flushes the log before the answer is given, and is the one that
// hears of the error.
TEST(DiskErrorInACheckpoint, IsToldLikeOneInAFlush) {
  const int posts = posts_up_to_a_checkpoint();
  ASSERT_GT(posts, 1);
  FaultyDisk disk;
  const ServerProcess server({.workers = 1, .environment = disk.environment()});
  for (int i = 1; i < posts; ++i) {
    ASSERT_EQ(server.request("POST", "/v1/todos", kSameTodo).status, 201);
  }
  disk.arm(FaultyDisk::Fault::kFailSync);
  EXPECT_EQ(server.request("POST", "/v1/todos", kSameTodo).status, 503);
  EXPECT_TRUE(disk.has_struck(FaultyDisk::Fault::kFailSync));
  EXPECT_EQ(server.request("POST", "/v1/todos", kSameTodo).status, 201);
}

}  // namespace
}  // namespace forkscope
