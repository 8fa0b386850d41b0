// A start in the middle of some trouble: what may pass is waited for, and what will not ends the
// start at once.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/small_disk.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using namespace std::chrono_literals;
using support::Readiness;
using support::ServerProcess;
using support::TempDir;
using support::wait_for_log;
using support::wait_until;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class BootPatience : public ::testing::Test {
 protected:
  TempDir data_;
  std::optional<ServerProcess> server_;

  void start(const fs::path& database, const std::string& patience) {
    server_.emplace(support::ServerOptions{.workers = 2,
                                           .arguments = {"--db=" + database.string(),
                                                         "--boot-patience=" + patience}},
                    Readiness::kIgnore);
  }
  void expect_a_wait_because_of(const std::string& reason) {
    EXPECT_TRUE(wait_for_log(*server_, "no worker can start yet; the server tries again for 60 s"));
    EXPECT_THAT(server_->log(), HasSubstr(reason));
  }
  void expect_it_serves() {
    EXPECT_TRUE(wait_until([&] { return server_->worker_state(2) == "idle"; }, 20s))
        << server_->log();
    EXPECT_EQ(server_->request("POST", "/v1/todos", R"({"title":"x"})").status, 201);
  }
};

TEST_F(BootPatience, WaitsForADirectoryThatComesLater) {
  start(data_.path() / "later" / "todos.db", "60s");
  expect_a_wait_because_of("No such file or directory");
  fs::create_directory(data_.path() / "later");
  expect_it_serves();
}

TEST_F(BootPatience, WaitsForAProgramThatHasTheDatabaseLocked) {
  const fs::path database = data_.path() / "todos.db";
  SQLite::Database other(database.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  other.exec("BEGIN EXCLUSIVE");
  start(database, "60s");
  expect_a_wait_because_of("another program has kept it locked for 5 s");
  other.exec("ROLLBACK");
  expect_it_serves();
}

TEST_F(BootPatience, WaitsForRoomOnTheDisk) {
  const support::SmallDisk disk;
  if (!disk) GTEST_SKIP() << "may not mount a file system here";
  std::ofstream(disk.path() / "ballast") << std::string(1 << 20, '.') << std::flush;
  start(disk.path() / "todos.db", "60s");
  expect_a_wait_because_of("No space left on device");
  fs::remove(disk.path() / "ballast");
  expect_it_serves();
}

TEST_F(BootPatience, EndsWithAnExitCodeOfItsOwn) {
  start(data_.path() / "typo" / "todos.db", "300ms");
  EXPECT_EQ(server_->wait_for_exit(), 4);
  const std::string log = server_->log();
  EXPECT_THAT(log.substr(log.rfind("todos-server: ")), HasSubstr("No such file or directory"));
}

TEST_F(BootPatience, IsNotForWhatWillNotPass) {
  start(data_.path(), "60s");
  EXPECT_EQ(server_->wait_for_exit(), 3);
  EXPECT_THAT(server_->log(), HasSubstr("it is a directory"));
}

TEST_F(BootPatience, StopsLikeAServerThatServes) {
  start(data_.path() / "later" / "todos.db", "60s");
  expect_a_wait_because_of("No such file or directory");
  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait_for_exit(), 0);
}

// Two that create it together could create two.
TEST_F(BootPatience, IsThatOfTheFirstWorkerAlone) {
  start(data_.path() / "later" / "todos.db", "60s");
  expect_a_wait_because_of("No such file or directory");
  server_->signal(SIGHUP);
  server_->signal(SIGTTIN);
  EXPECT_TRUE(wait_for_log(*server_, "scaling to 3 workers"));
  EXPECT_EQ(support::count_in(server_->log(), "worker 2 forked"), 0);
  fs::create_directory(data_.path() / "later");
  expect_it_serves();
  EXPECT_TRUE(wait_until([&] { return server_->worker_state(3) == "idle"; }));
}

}  // namespace
}  // namespace forkscope
