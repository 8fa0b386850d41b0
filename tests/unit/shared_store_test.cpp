// One database, several connections and processes: who writes, who sees what, and who dies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "store/schema.h"
#include "store/write_turn.h"
#include "store_fixture.h"

namespace forkscope::store {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

using SharedStoreTest = StoreFixture;

TEST_F(SharedStoreTest, GivesTheTurnToOneProcessAtATime) {
  TodoStore one = TodoStore::open(path_);
  TodoStore two = TodoStore::open(path_);
  ASSERT_TRUE(one.begin_writes());
  EXPECT_FALSE(two.begin_writes());
  EXPECT_EQ(two.list(10, 0, std::nullopt).size(), 0u) << "reads go on";
  ASSERT_FALSE(one.commit_writes());
  EXPECT_TRUE(two.begin_writes());
  ASSERT_FALSE(two.commit_writes());
}

/// How often this thread has given up its CPU to wait. The half second of kReadPatience takes a
/// dozen.
long times_asleep() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

TEST_F(SharedStoreTest, WaitsForAProgramOutsideThatWrites) {
  TodoStore store = TodoStore::open(path_);
  SQLite::Database outside(path_, SQLite::OPEN_READWRITE);
  outside.exec("BEGIN IMMEDIATE");
  const long before = times_asleep();
  EXPECT_FALSE(store.begin_writes());
  EXPECT_LT(times_asleep() - before, 5) << "returns at once";
  outside.exec("COMMIT");
  EXPECT_TRUE(store.begin_writes());
  EXPECT_FALSE(store.commit_writes());
}

TEST_F(SharedStoreTest, GivesNobodyATurnWhoseFileWasDeleted) {
  const std::string path = directory_ / "turn";
  WriteTurn one(path);
  fs::rename(path, directory_ / "elsewhere");
  EXPECT_FALSE(one.try_take());
  WriteTurn latecomer(path);
  EXPECT_TRUE(latecomer.try_take());
  EXPECT_FALSE(one.try_take()) << "there would be two";
  fs::rename(directory_ / "elsewhere", path);
  EXPECT_TRUE(one.try_take()) << "it is back";
}

TEST_F(SharedStoreTest, ChangesItsContentVersionWithEveryCommitOfAnyProcess) {
  TodoStore store = TodoStore::open(path_);
  const auto before = store.content_version();
  EXPECT_EQ(store.content_version(), before);
  add(store, "own");
  const auto after_own = store.content_version();
  EXPECT_GT(after_own, before);
  ASSERT_EQ(run_outside(path_, "INSERT INTO todos (title) VALUES ('foreign')"), 0);
  const auto after_foreign = store.content_version();
  EXPECT_GT(after_foreign, after_own);
  EXPECT_EQ(store.content_version(), after_foreign);
}

TEST_F(SharedStoreTest, LetsReadsShareOneTransaction) {
  TodoStore store = TodoStore::open(path_);
  const auto before = store.begin_reads();
  EXPECT_EQ(store.count(std::nullopt), 0);
  ASSERT_EQ(run_outside(path_, "INSERT INTO todos (title) VALUES ('meanwhile')"), 0);
  EXPECT_EQ(store.count(std::nullopt), 0);
  EXPECT_FALSE(store.find(1));
  store.end_reads();
  EXPECT_TRUE(support::wait_until([&] {
    const auto now = store.begin_reads();
    store.end_reads();
    return now > before;
  }));
  EXPECT_EQ(store.count(std::nullopt), 1);
  add(store, "a write can follow");
}

TEST_F(SharedStoreTest, SeesACommitOfAnotherWorkerAtOnce) {
  TodoStore reader = TodoStore::open(path_);
  TodoStore writer = TodoStore::open(path_);
  const auto version_now = [&] {
    const auto version = reader.begin_reads();
    reader.end_reads();
    return version;
  };
  for (int i = 0; i < 100; ++i) {
    const auto before = version_now();
    EXPECT_EQ(version_now(), before);
    add(writer, "x");
    EXPECT_GT(version_now(), before);
  }
}

TEST_F(SharedStoreTest, LooksForItselfAfterAWriterThatDiedInItsCommit) {
  TodoStore store = TodoStore::open(path_);
  WriteTurn turn(turn_path(path_));
  ASSERT_TRUE(turn.try_take());
  turn.announce_commit();
  turn.release();
  EXPECT_FALSE(turn.change_mark());
  SQLite::Database outside(path_, SQLite::OPEN_READWRITE);
  for (int i = 0; i < 100; ++i) {
    const auto before = store.begin_reads();
    store.end_reads();
    outside.exec("INSERT INTO todos (title) VALUES ('foreign')");
    EXPECT_GT(store.begin_reads(), before);
    store.end_reads();
  }
  add(store, "the next commit settles it");
  EXPECT_TRUE(turn.change_mark());
}

TEST_F(SharedStoreTest, IsCreatedOnceByManyProcessesThatOpenItTogether) {
  for (int round = 0; round < 5; ++round) {
    const std::string path = directory_ / (std::to_string(round) + ".db");
    std::vector<pid_t> children;
    children.reserve(16);
    for (int i = 0; i < 16; ++i) {
      children.push_back(in_child([&] {
        TodoStore store = TodoStore::open(path);
        return write(store, [&] { store.insert({"x", false, std::nullopt}); }) ? 1 : 0;
      }));
    }
    for (const pid_t child : children) EXPECT_EQ(exit_code(child), 0);
    EXPECT_EQ(TodoStore::open(path).count(std::nullopt), 16);
  }
}

TEST_F(SharedStoreTest, LosesNothingWhenTwoProcessesWriteAtOnce) {
  TodoStore::open(path_);
  std::vector<pid_t> children;
  children.reserve(2);
  for (int i = 0; i < 2; ++i) {
    children.push_back(in_child([&] {
      TodoStore store = TodoStore::open(path_);
      for (int n = 0; n < 200; ++n) {
        if (write(store, [&] { store.insert({"x", false, std::nullopt}); })) return 1;
      }
      return 0;
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(exit_code(child), 0);
  TodoStore store = TodoStore::open(path_);
  EXPECT_EQ(store.count(std::nullopt), 400);
  EXPECT_EQ(titles(store).size(), 400u);
}

TEST_F(SharedStoreTest, GivesTheTurnOnWhenAWriterIsKilledInTheMiddle) {
  TodoStore store = TodoStore::open(path_);
  add(store, "before");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t writer = in_child([&] {
    TodoStore own = TodoStore::open(path_);
    own.begin_writes();
    own.change().keep();
    own.insert({"never committed", false, std::nullopt});
    if (::write(ready[1], "!", 1) != 1) return 1;
    while (true) ::pause();
  });
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(store.begin_writes());
  ::kill(writer, SIGKILL);
  EXPECT_EQ(exit_code(writer), -SIGKILL);
  EXPECT_TRUE(store.begin_writes()) << "the kernel has freed the turn";
  ASSERT_FALSE(store.commit_writes());
  EXPECT_THAT(titles(store), ElementsAre("before"));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(SharedStoreTest, KeepsEveryAcknowledgedWriteOfAKilledProcess) {
  int acknowledged[2];
  ASSERT_EQ(::pipe(acknowledged), 0);
  const pid_t writer = in_child([&] {
    TodoStore store = TodoStore::open(path_);
    while (true) {
      if (write(store, [&] { store.insert({"x", false, std::nullopt}); })) return 1;
      if (::write(acknowledged[1], "!", 1) != 1) return 1;
    }
  });
  ::close(acknowledged[1]);
  std::int64_t count = 0;
  char byte = 0;
  while (count < 100 && ::read(acknowledged[0], &byte, 1) == 1) ++count;
  ::kill(writer, SIGKILL);
  EXPECT_EQ(exit_code(writer), -SIGKILL);
  while (::read(acknowledged[0], &byte, 1) == 1) ++count;
  ::close(acknowledged[0]);

  ASSERT_GE(count, 100);
  TodoStore store = TodoStore::open(path_);
  EXPECT_GE(store.count(std::nullopt), count);
  EXPECT_LE(store.count(std::nullopt), count + 1) << "one may be committed and not acknowledged";
}

}  // namespace
}  // namespace forkscope::store
