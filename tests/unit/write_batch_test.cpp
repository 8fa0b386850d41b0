// Batches of writes: what belongs together, and what a failure takes along.
#include "store/write_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <csignal>
#include <functional>
#include <vector>

#include "os/event_fd.h"
#include "store/schema.h"
#include "store/todo_counts.h"
#include "store_fixture.h"

namespace forkscope::store {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// For its lifetime, this process cannot make files grow beyond `bytes`: as good as a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uintmax_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_{};
};

using WriteBatchTest = StoreFixture;

TEST_F(WriteBatchTest, GoesOnWithoutARequestThatHasChangedNothing) {
  TodoStore store = TodoStore::open(path_);
  ASSERT_TRUE(store.begin_writes());
  for (const char* title : {"first", "", "third"}) {
    Change request = store.change();
    if (std::string(title).empty()) continue;
    store.insert({title, false, std::nullopt});
    request.keep();
  }
  ASSERT_FALSE(store.commit_writes());
  EXPECT_THAT(titles(store), ElementsAre("first", "third"));
}

TEST_F(WriteBatchTest, KeepsNothingOfABatchWhereARequestFailsHalfWay) {
  TodoStore store = TodoStore::open(path_);
  add(store, "before");
  const std::vector<std::function<void()>> changes = {
      [&] {
        store.insert({"failing", false, std::nullopt});
      },
      [&] {
        store.update(1, {"failing", std::nullopt, std::nullopt});
      },
      [&] { store.remove(1); },
      [&] { store.clear(); },
  };
  for (const auto& change : changes) {
    ASSERT_TRUE(store.begin_writes());
    {
      Change request = store.change();
      store.insert({"first", false, std::nullopt});
      request.keep();
    }
    {
      Change failing = store.change();
      change();
    }
    EXPECT_THROW(store.change(), StoreError) << "it would be in vain";
    const auto failure = store.commit_writes();
    ASSERT_TRUE(failure);
    EXPECT_THAT(failure->what(), HasSubstr("failed half-way"));
    EXPECT_EQ(failure->kind(), StoreError::Kind::unavailable);
    EXPECT_THAT(titles(store), ElementsAre("before"));
    EXPECT_EQ(store.count(std::nullopt), 1);
  }
  add(store, "after");
  EXPECT_THAT(titles(store), ElementsAre("before", "after"));
}

TEST_F(WriteBatchTest, RefusesARequestOutsideABatch) {
  TodoStore store = TodoStore::open(path_);
  EXPECT_THROW(store.change(), StoreError);
}

TEST_F(WriteBatchTest, KeepsTheLogShort) {
  TodoStore store = TodoStore::open(path_);
  const std::string title(500, 'x');
  for (int batch = 0; batch < 100; ++batch) {
    ASSERT_FALSE(write(store, [&] {
      for (int i = 0; i < 200; ++i) store.insert({title, false, std::nullopt});
    }));
  }
  EXPECT_GT(fs::file_size(path_), 8'000'000u) << "checkpoints move the log into the database";
  EXPECT_LT(fs::file_size(path_ + "-wal"), 6'000'000u);
}

TEST_F(WriteBatchTest, RefusesToWriteIntoADeletedDatabase) {
  TodoStore store = TodoStore::open(path_);
  add(store, "a");
  fs::remove(path_);
  const auto failure = write(store, [&] { store.insert({"b", false, std::nullopt}); });
  ASSERT_TRUE(failure);
  EXPECT_THAT(failure->what(), AllOf(HasSubstr(path_), HasSubstr("deleted or replaced")));
  EXPECT_EQ(failure->kind(), StoreError::Kind::unavailable);
  EXPECT_THROW(store.check(), StoreError);
  EXPECT_EQ(store.count(std::nullopt), 1);
}

TEST_F(WriteBatchTest, SaysThatTheDiskIsFullAndGoesOn) {
  TodoStore store = TodoStore::open(path_);
  add(store, "before");
  std::optional<StoreError> failure;
  {
    FileSizeLimit limit(fs::file_size(path_ + "-wal") + 100'000);
    failure = write(store, [&] {
      for (int i = 0; i < 1000; ++i) store.insert({std::string(500, 'x'), false, std::nullopt});
    });
  }
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind(), StoreError::Kind::disk_full) << failure->what();
  EXPECT_THAT(titles(store), ElementsAre("before"));
  add(store, "after");
  EXPECT_THAT(titles(store), ElementsAre("before", "after"));
}

/// Begins a batch with one todo in another process, which dies in its commit: before SQLite has
/// made it, or behind that. Returns the batch's number.
std::uint64_t die_in_commit(const std::string& path, bool made) {
  const pid_t child = in_child([&] {
    WriteTurn turn(turn_path(path));
    DatabaseFiles files(path, path, turn, {});
    SQLite::Database database = open_database(path);
    files.hold();
    TodoCounts counts(database);
    WriteBatch batch(database, turn, files, -1, &counts);
    if (!batch.begin()) return 1;
    {
      Change request(batch);
      database.exec("INSERT INTO todos (title) VALUES ('from the dead')");
      counts.add(false, 1);
      request.keep();
    }
    // SQLite calls the one before it writes, the other behind that.
    if (made) {
      const auto die = [](void*, sqlite3*, const char*, int) -> int { ::_exit(0); };
      sqlite3_wal_hook(database.getHandle(), die, nullptr);
    } else {
      const auto die = [](void*) -> int { ::_exit(0); };
      sqlite3_commit_hook(database.getHandle(), die, nullptr);
    }
    batch.commit();
    return 2;
  });
  EXPECT_EQ(exit_code(child), 0);
  return WriteTurn(turn_path(path)).latest_commit();
}

TEST_F(WriteBatchTest, FindsOutWhatBecameOfCommitsWhoseProcessesDiedInThem) {
  TodoStore store = TodoStore::open(path_);
  add(store, "before");
  for (const bool made : {true, false, false, true}) {
    const std::uint64_t broken = die_in_commit(path_, made);
    ASSERT_TRUE(store.begin_writes());
    EXPECT_EQ(store.was_kept(broken), made);
    EXPECT_GT(store.announce_commit(), broken) << "no two batches have one number";
    EXPECT_FALSE(store.commit_writes());
    EXPECT_EQ(TodoStore::open(path_).was_kept(broken), made) << "all hear of it";
  }
  EXPECT_THAT(titles(store), ElementsAre("before", "from the dead", "from the dead"));
  EXPECT_EQ(store.count(false), 3);
}

/// Commits a todo in another process, which dies before the disk has it. Returns the batch's
/// number.
std::uint64_t die_before_flush(const std::string& path) {
  const pid_t child = in_child([&] {
    TodoStore store = TodoStore::open(path);
    if (!store.begin_writes()) return 1;
    store.change().keep();
    return store.commit_writes() ? 1 : 0;
  });
  EXPECT_EQ(exit_code(child), 0);
  return WriteTurn(turn_path(path)).latest_commit();
}

void flush_for_the_dead(TodoStore& store, const std::string& path, std::uint64_t number) {
  const WriteTurn turn(turn_path(path));
  EXPECT_LT(turn.latest_flushed(), number);
  store.adopt_commit(number);
  ASSERT_TRUE(support::wait_until([&] { return store.begin_flush(); }));
  const auto failure = store.flush_writes();
  EXPECT_FALSE(failure) << failure->what();
  EXPECT_GE(turn.latest_flushed(), number);
}

// Who has the log open already hears of errors for itself; who opens it later makes certain by
// other means.
TEST_F(WriteBatchTest, FlushesWhatADeadProcessHasCommitted) {
  TodoStore earlier = TodoStore::open(path_);
  flush_for_the_dead(earlier, path_, die_before_flush(path_));
  const std::uint64_t number = die_before_flush(path_);
  TodoStore later = TodoStore::open(path_);
  flush_for_the_dead(later, path_, number);
}

// Their processes may have died right behind that.
TEST_F(WriteBatchTest, KnowsWhatBecameOfCommitsThatAreThrough) {
  TodoStore store = TodoStore::open(path_);
  ASSERT_TRUE(store.begin_writes());
  const std::uint64_t kept = store.announce_commit();
  EXPECT_FALSE(store.commit_writes());
  EXPECT_EQ(store.was_kept(kept), true);
  EXPECT_EQ(store.was_kept(kept + 2), std::nullopt) << "there is none";
  EXPECT_EQ(store.was_kept(0), std::nullopt);

  ASSERT_TRUE(store.begin_writes());
  const std::uint64_t failed = store.announce_commit();
  fs::rename(path_, path_ + "-away");
  EXPECT_TRUE(store.commit_writes());
  EXPECT_EQ(store.was_kept(failed), false);
  EXPECT_EQ(store.was_kept(kept), true);
}

// The one who comes next can't know whether the disk has the log, and must know it of what it
// commits itself, should it die in turn.
TEST_F(WriteBatchTest, TakesNoCommitForFlushedBecauseSomebodyDiedInTheOneBefore) {
  WriteTurn turn(path_ + "-turn");
  ASSERT_TRUE(turn.try_take());
  turn.announce_commit();
  turn.release();
  TodoStore store = TodoStore::open(path_);
  EXPECT_LT(turn.latest_flushed(), turn.latest_commit());
  ASSERT_TRUE(store.begin_writes());
  EXPECT_EQ(turn.latest_flushed(), turn.latest_commit()) << "a new log";
  ASSERT_FALSE(store.commit_writes());
  EXPECT_LT(turn.latest_flushed(), turn.latest_commit());
  ASSERT_TRUE(support::wait_until([&] { return store.begin_flush(); }));
  ASSERT_FALSE(store.flush_writes());
  EXPECT_EQ(turn.latest_flushed(), turn.latest_commit());
}

TEST_F(WriteBatchTest, IsBroughtToTheDiskWhileItsProcessGoesOn) {
  const os::EventFd wake;
  const WriteTurn turn(path_ + "-turn");
  TodoStore store = TodoStore::open(path_, {}, wake.fd());
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(store.begin_writes());
    ASSERT_FALSE(store.commit_writes());
    EXPECT_LT(turn.latest_flushed(), turn.latest_commit());
    if (!store.begin_flush()) {  // as a rule
      pollfd entry{wake.fd(), POLLIN, 0};
      ASSERT_EQ(::poll(&entry, 1, 10'000), 1);
      wake.clear();
      EXPECT_TRUE(store.begin_flush());
    }
    ASSERT_FALSE(store.flush_writes());
    EXPECT_EQ(turn.latest_flushed(), turn.latest_commit());
  }
}

/// SQLite gives up the whole transaction when the disk is full while a statement runs.
TEST_F(WriteBatchTest, FailsTheWholeBatchWhenItsTransactionIsLost) {
  TodoStore store = TodoStore::open(path_);
  const auto request = [&](const std::string& title, int count) {
    Change change = store.change();
    for (int i = 0; i < count; ++i) store.insert({title, false, std::nullopt});
    change.keep();
  };
  ASSERT_TRUE(store.begin_writes());
  request("early", 1);
  {
    FileSizeLimit limit(fs::file_size(path_ + "-wal") + 100'000);
    // More than the page cache holds: pages spill into the log before the commit.
    EXPECT_THROW(request(std::string(4000, 'x'), 5000), StoreError);
  }
  EXPECT_THROW(request("late", 1), StoreError);
  const auto failure = store.commit_writes();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind(), StoreError::Kind::disk_full) << failure->what();
  EXPECT_THAT(titles(store), ElementsAre());
  add(store, "after");
}

}  // namespace
}  // namespace forkscope::store
