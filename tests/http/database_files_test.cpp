// The files of the database are moved, deleted or replaced under a running server: whatever is
// answered with 201 is there after a restart, and all workers tell the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "no_start.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/temp_dir.h"
#include "support/todos.h"
#include "support/wait_until.h"

namespace forkscope::http {
namespace {

using namespace std::chrono_literals;
using support::HttpConnection;
using support::HttpResponse;
using support::post_todo;
using support::ServerProcess;
using support::TempDir;
using support::titles;
using support::wait_for_log;
using support::wait_until;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

const std::vector<std::string> kFiles = {"todos.db", "todos.db-wal", "todos.db-shm",
                                         "todos.db-turn"};

void move_all(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  for (const std::string& file : kFiles) fs::rename(from / file, to / file);
}

void expect_not_ready(const ServerProcess& server, const std::string& why) {
  for (const HttpResponse& response :
       {post_todo(server, "refused"), server.request("GET", "/readyz")}) {
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.body, HasSubstr(why));
  }
}

void expect_reload_is_given_up(const ServerProcess& server) {
  server.signal(SIGHUP);
  EXPECT_TRUE(wait_for_log(server, "rolling reload given up: ")) << server.log();
}

std::vector<std::string> titles_after_a_power_cut(ServerProcess& server) {
  server.signal(SIGKILL);
  server.wait_for_exit();
  return titles(ServerProcess({.workers = 2, .directory = server.directory()}));
}

TEST(DatabaseFiles, AreNotMadeAnewByAReloadWhileTheDatabaseIsElsewhere) {
  ServerProcess server({.workers = 2});
  ASSERT_EQ(post_todo(server, "old").status, 201);
  fs::rename(server.directory() / "todos.db", server.directory() / "saved.db");
  expect_reload_is_given_up(server);
  EXPECT_FALSE(fs::exists(server.directory() / "todos.db"));
  expect_not_ready(server, "deleted or replaced");
  fs::rename(server.directory() / "saved.db", server.directory() / "todos.db");
  EXPECT_EQ(server.request("GET", "/readyz").status, 200);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(post_todo(server, "acknowledged").status, 201);
  EXPECT_THAT(titles_after_a_power_cut(server),
              ElementsAre("old", "acknowledged", "acknowledged", "acknowledged", "acknowledged"));
}

class EachOfTheFiles : public ::testing::TestWithParam<std::string> {};

TEST_P(EachOfTheFiles, IsMissedWhenItIsGoneAndFoundWhenItIsBack) {
  ServerProcess server({.workers = 2});
  ASSERT_EQ(post_todo(server, "old").status, 201);
  const fs::path file = server.directory() / GetParam();
  fs::rename(file, server.directory() / "elsewhere");
  expect_not_ready(server, "deleted or replaced");
  EXPECT_THAT(titles(server), ElementsAre("old")) << "reads go on";
  expect_reload_is_given_up(server);
  expect_not_ready(server, "deleted or replaced");
  fs::rename(server.directory() / "elsewhere", file);
  EXPECT_EQ(post_todo(server, "new").status, 201);
  EXPECT_THAT(titles_after_a_power_cut(server), ElementsAre("old", "new"));
}

TEST_P(EachOfTheFiles, IsMissedWhenAnotherOneIsInItsPlace) {
  ServerProcess server({.workers = 2});
  ASSERT_EQ(post_todo(server, "old").status, 201);
  const fs::path file = server.directory() / GetParam();
  fs::copy_file(file, server.directory() / "copy");
  fs::rename(server.directory() / "copy", file);
  expect_not_ready(server, "deleted or replaced");
  expect_reload_is_given_up(server);
  EXPECT_THAT(titles(server), ElementsAre("old"));
}

INSTANTIATE_TEST_SUITE_P(DatabaseFiles, EachOfTheFiles, ::testing::ValuesIn(kFiles),
                         [](const auto& test) {
                           return test.param == "todos.db" ? "database" : test.param.substr(9);
                         });

TEST(DatabaseFiles, OfAnotherServerAreNotServedBesideThoseOfThisOne) {
  const TempDir other;
  {
    ServerProcess stranger({.workers = 1, .directory = other.path()});
    ASSERT_EQ(post_todo(stranger, "another truth").status, 201);
    stranger.signal(SIGKILL);
    stranger.wait_for_exit();
  }
  const ServerProcess server({.workers = 2});
  ASSERT_EQ(post_todo(server, "the truth").status, 201);
  move_all(server.directory(), server.directory() / "away");
  move_all(other.path(), server.directory());
  ::kill(server.worker_pid(1), SIGKILL);
  ASSERT_TRUE(wait_until([&] { return server.worker_state(1) == "backoff"; }));
  for (int i = 0; i < 10; ++i) EXPECT_THAT(titles(server), ElementsAre("the truth"));
  expect_not_ready(server, "deleted or replaced");

  move_all(server.directory(), other.path());
  move_all(server.directory() / "away", server.directory());
  EXPECT_TRUE(wait_until([&] { return server.worker_state(1) == "idle"; }, 20s));
  EXPECT_EQ(post_todo(server, "goes on").status, 201);
  EXPECT_THAT(titles(server), ElementsAre("the truth", "goes on"));
}

TEST(DatabaseFiles, OfTheOnlyWorkerAreThoseOfItsSuccessor) {
  ServerProcess server({.workers = 1});
  ASSERT_EQ(post_todo(server, "old").status, 201);
  move_all(server.directory(), server.directory() / "away");
  ::kill(server.worker_pid(1), SIGKILL);
  ASSERT_TRUE(wait_for_log(server, "exit code 4: database")) << server.log();
  EXPECT_FALSE(fs::exists(server.directory() / "todos.db"));
  move_all(server.directory() / "away", server.directory());
  ASSERT_TRUE(wait_until([&] { return server.worker_state(1) == "idle"; }, 20s));
  EXPECT_THAT(titles(server), ElementsAre("old"));
}

// SQLite removes the log with the last connection, and the next worker makes another one.
TEST(DatabaseFiles, MayBeANewLogAfterTheLastWorkerHasLeftInOrder) {
  ServerProcess server({.workers = 1});
  for (int round = 1; round <= 3; ++round) {
    ASSERT_EQ(post_todo(server, std::to_string(round)).status, 201);
    const pid_t pid = server.worker_pid(1);
    ::kill(pid, SIGTERM);
    ASSERT_TRUE(wait_until([&] {
      const auto worker = server.worker(1);
      return worker["generation"] == round + 1 && worker["state"] == "idle";
    })) << server.log();
  }
  EXPECT_EQ(post_todo(server, "4").status, 201);
  EXPECT_THAT(titles_after_a_power_cut(server), ElementsAre("1", "2", "3", "4"));
}

TEST(DatabaseFiles, AreMissedWhenTheirDirectoryIsRenamed) {
  const TempDir parent;
  fs::create_directory(parent.path() / "data");
  const ServerProcess server(
      {.workers = 2, .arguments = {"--db=" + (parent.path() / "data/todos.db").string()}});
  ASSERT_EQ(post_todo(server, "old").status, 201);
  fs::rename(parent.path() / "data", parent.path() / "moved");
  expect_not_ready(server, "deleted or replaced");
  expect_reload_is_given_up(server);
  fs::rename(parent.path() / "moved", parent.path() / "data");
  EXPECT_EQ(post_todo(server, "new").status, 201);
}

TEST(DatabaseFiles, AreMissedWhenALinkLeadsElsewhere) {
  const TempDir data;
  fs::create_symlink(data.path() / "a.db", data.path() / "link.db");
  ServerProcess server({.workers = 2, .arguments = {"--db=" + (data.path() / "link.db").string()}});
  ASSERT_EQ(post_todo(server, "old").status, 201);
  EXPECT_TRUE(fs::exists(data.path() / "a.db"));
  fs::copy_file(data.path() / "a.db", data.path() / "b.db");
  fs::remove(data.path() / "link.db");
  fs::create_symlink(data.path() / "b.db", data.path() / "link.db");
  expect_not_ready(server, "deleted or replaced");
  expect_reload_is_given_up(server);
  EXPECT_THAT(titles(server), ElementsAre("old"));
}

// ── at the start ──

void kill_after_a_todo(const fs::path& directory) {
  ServerProcess server({.workers = 2, .directory = directory});
  ASSERT_EQ(post_todo(server, "in the log").status, 201);
  server.signal(SIGKILL);
  server.wait_for_exit();
}

TEST(DatabaseFilesAtTheStart, AreRefusedWhereThereIsALogWithoutItsDatabase) {
  const TempDir directory;
  kill_after_a_todo(directory.path());
  const fs::path database = directory.path() / "todos.db";
  fs::rename(database, directory.path() / "saved.db");
  expect_no_start(directory.path(), "todos.db",
                  "put the database back beside it, or remove the log", 3);
  EXPECT_FALSE(fs::exists(database));
  std::ofstream(database) << "";  // which SQLite takes for a database, and removes the log
  expect_no_start(directory.path(), "todos.db",
                  "put the database back beside it, or remove the log", 3);
  fs::rename(directory.path() / "saved.db", database);
  EXPECT_THAT(titles(ServerProcess({.workers = 2, .directory = directory.path()})),
              ElementsAre("in the log"));
}

TEST(DatabaseFilesAtTheStart, AreRefusedWhereABackupLiesBesideTheLogOfAnotherDatabase) {
  const TempDir directory;
  kill_after_a_todo(directory.path());
  const fs::path database = directory.path() / "todos.db";
  fs::rename(database, directory.path() / "saved.db");
  fs::copy_file(directory.path() / "saved.db", database);
  expect_no_start(directory.path(), "todos.db", "belongs to another file", 3);
  fs::remove(directory.path() / "todos.db-wal");
  fs::remove(directory.path() / "todos.db-shm");
  EXPECT_EQ(post_todo(ServerProcess({.workers = 2, .directory = directory.path()}), "new").status,
            201);
}

TEST(DatabaseFilesAtTheStart, AreThoseThatWereMovedTogether) {
  const TempDir directory;
  kill_after_a_todo(directory.path());
  const fs::path copy = directory.path() / "copy";
  fs::create_directory(copy);
  for (const std::string& file : kFiles) fs::copy_file(directory.path() / file, copy / file);
  EXPECT_THAT(titles(ServerProcess({.workers = 2, .directory = copy})), ElementsAre("in the log"));
}

}  // namespace
}  // namespace forkscope::http
