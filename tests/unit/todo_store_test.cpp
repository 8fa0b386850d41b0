// The store on real files, with real processes that share them.
#include "store/todo_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "store/schema.h"
#include "store/write_turn.h"
#include "support/wait_until.h"

namespace forkscope::store {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::seconds kDeadline{10};

/// Polls `condition` until it holds; false when it does not within kDeadline.
bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// Runs `body` in a child process, which ends with its result as exit code, or 99 if it throws.
pid_t in_child(const std::function<int()>& body) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  int code = 99;
  try {
    code = body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "child: %s\n", error.what());
  }
  ::_exit(code);
}

int exit_code(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Writes `change` as a batch of one request, waiting for the turn.
std::optional<StoreError> write(TodoStore& store, const std::function<void()>& change) {
  if (!eventually([&] { return store.begin_writes(); })) throw std::runtime_error("no turn");
  {
    Savepoint request = store.savepoint();
    change();
    request.keep();
  }
  if (auto failure = store.commit_writes()) return failure;
  return store.flush_writes();
}

void add(TodoStore& store, const std::string& title) {
  const auto failure = write(store, [&] { store.insert({title, false, std::nullopt}); });
  ASSERT_FALSE(failure) << failure->what();
}

std::vector<std::string> titles(TodoStore& store) {
  std::vector<std::string> result;
  for (const Todo& todo : store.list(1000, 0, std::nullopt)) result.push_back(todo.title);
  return result;
}

/// Runs SQL as another program would: on a connection of its own, in a process of its own.
int run_outside(const std::string& path, const std::string& sql) {
  return exit_code(in_child([&] {
    SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000);
    database.exec(sql);
    return 0;
  }));
}

std::string error_of_opening(const std::string& path) {
  try {
    TodoStore::open(path);
  } catch (const StoreError& error) {
    return error.what();
  }
  return "";
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

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

class TodoStoreTest : public ::testing::Test {
 protected:
  TodoStoreTest() {
    std::string pattern = fs::temp_directory_path() / "forkscope-store-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ / "todos.db";
  }
  ~TodoStoreTest() override { fs::remove_all(directory_); }

  fs::path directory_;
  std::string path_;
};

// ── todos ──

TEST_F(TodoStoreTest, KeepsWhatWasInserted) {
  TodoStore store = TodoStore::open(path_);
  Todo inserted;
  ASSERT_FALSE(write(store, [&] { inserted = store.insert({"walk the dog", true, -7}); }));
  EXPECT_EQ(inserted.id, 1);

  const auto found = store.find(1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->title, "walk the dog");
  EXPECT_TRUE(found->completed);
  EXPECT_EQ(found->order, -7);
  EXPECT_FALSE(store.find(2));
}

TEST_F(TodoStoreTest, KeepsTitlesByteForByte) {
  TodoStore store = TodoStore::open(path_);
  const std::string title = "\"'); DROP TABLE todos; -- \xF0\x9F\x90\x95";
  add(store, title);
  EXPECT_THAT(titles(store), ElementsAre(title));
}

TEST_F(TodoStoreTest, ChangesOnlyWhatAPatchNames) {
  TodoStore store = TodoStore::open(path_);
  ASSERT_FALSE(write(store, [&] { store.insert({"a", false, 5}); }));
  std::optional<Todo> todo;
  ASSERT_FALSE(write(store, [&] { todo = store.update(1, {.completed = true}); }));
  ASSERT_TRUE(todo);
  EXPECT_EQ(todo->title, "a");
  EXPECT_TRUE(todo->completed);
  EXPECT_EQ(todo->order, 5);

  ASSERT_FALSE(write(store, [&] {
    todo = store.update(1, {.title = "b", .order = std::optional<std::int64_t>()});
  }));
  EXPECT_EQ(todo->title, "b");
  EXPECT_TRUE(todo->completed);
  EXPECT_EQ(todo->order, std::nullopt);

  ASSERT_FALSE(write(store, [&] { todo = store.update(2, {.title = "c"}); }));
  EXPECT_FALSE(todo);
}

TEST_F(TodoStoreTest, ListsPagesAndFilters) {
  TodoStore store = TodoStore::open(path_);
  ASSERT_FALSE(write(store, [&] {
    for (int i = 1; i <= 6; ++i) store.insert({std::to_string(i), i % 2 == 0, std::nullopt});
  }));
  const auto ids = [](const std::vector<Todo>& todos) {
    std::vector<std::int64_t> result;
    for (const Todo& todo : todos) result.push_back(todo.id);
    return result;
  };
  EXPECT_THAT(ids(store.list(2, 0, std::nullopt)), ElementsAre(1, 2));
  EXPECT_THAT(ids(store.list(2, 4, std::nullopt)), ElementsAre(5, 6));
  EXPECT_THAT(ids(store.list(10, 2, true)), ElementsAre(4, 6));
  EXPECT_THAT(ids(store.list(10, 0, false)), ElementsAre(1, 3, 5));
}

TEST_F(TodoStoreTest, CountsThroughEveryKindOfChange) {
  TodoStore store = TodoStore::open(path_);
  const auto counts = [&] {
    return std::vector{store.count(std::nullopt), store.count(true), store.count(false)};
  };
  EXPECT_THAT(counts(), ElementsAre(0, 0, 0));
  ASSERT_FALSE(write(store, [&] {
    for (int i = 0; i < 4; ++i) store.insert({"x", false, std::nullopt});
    store.update(1, {.completed = true});
    store.update(2, {.title = "still open"});
    store.remove(3);
  }));
  EXPECT_THAT(counts(), ElementsAre(3, 1, 2));
  ASSERT_EQ(run_outside(path_, "DELETE FROM todos WHERE id = 4; UPDATE todos SET completed = 1"),
            0);
  EXPECT_THAT(counts(), ElementsAre(2, 2, 0));
  ASSERT_FALSE(write(store, [&] { store.clear(); }));
  EXPECT_THAT(counts(), ElementsAre(0, 0, 0));
  add(store, "after clear");
  ASSERT_FALSE(write(store, [&] { EXPECT_TRUE(store.remove(5)); }));
  EXPECT_THAT(counts(), ElementsAre(0, 0, 0));
}

TEST_F(TodoStoreTest, NeverUsesAnIdTwice) {
  TodoStore store = TodoStore::open(path_);
  add(store, "a");
  ASSERT_FALSE(write(store, [&] { EXPECT_TRUE(store.remove(1)); }));
  ASSERT_FALSE(write(store, [&] { EXPECT_FALSE(store.remove(1)); }));
  add(store, "b");
  ASSERT_FALSE(write(store, [&] { store.clear(); }));
  add(store, "c");
  EXPECT_TRUE(store.find(3));
}

// ── batches ──

TEST_F(TodoStoreTest, UndoesOnlyTheRequestThatFailed) {
  TodoStore store = TodoStore::open(path_);
  ASSERT_TRUE(store.begin_writes());
  for (const char* title : {"first", "failing", "third"}) {
    Savepoint request = store.savepoint();
    store.insert({title, false, std::nullopt});
    if (std::string(title) != "failing") request.keep();
  }
  ASSERT_FALSE(store.commit_writes());
  EXPECT_THAT(titles(store), ElementsAre("first", "third"));
}

TEST_F(TodoStoreTest, GivesTheTurnToOneProcessAtATime) {
  TodoStore one = TodoStore::open(path_);
  TodoStore two = TodoStore::open(path_);
  ASSERT_TRUE(one.begin_writes());
  EXPECT_FALSE(two.begin_writes());
  EXPECT_EQ(two.list(10, 0, std::nullopt).size(), 0u) << "reads go on";
  ASSERT_FALSE(one.commit_writes());
  EXPECT_TRUE(two.begin_writes());
  ASSERT_FALSE(two.commit_writes());
}

TEST_F(TodoStoreTest, RefusesARequestOutsideABatch) {
  TodoStore store = TodoStore::open(path_);
  EXPECT_THROW(store.savepoint(), StoreError);
}

TEST_F(TodoStoreTest, WaitsForAProgramOutsideThatWrites) {
  TodoStore store = TodoStore::open(path_);
  SQLite::Database outside(path_, SQLite::OPEN_READWRITE);
  outside.exec("BEGIN IMMEDIATE");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(store.begin_writes());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(100));
  outside.exec("COMMIT");
  EXPECT_TRUE(store.begin_writes());
  EXPECT_FALSE(store.commit_writes());
}

TEST_F(TodoStoreTest, ChangesItsContentVersionWithEveryCommitOfAnyProcess) {
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

TEST_F(TodoStoreTest, KeepsItsCountsThroughEveryKindOfChange) {
  TodoStore store = TodoStore::open(path_);
  const auto expect_true_counts = [&](std::int64_t open, std::int64_t completed) {
    EXPECT_EQ(store.count(false), open);
    EXPECT_EQ(store.count(true), completed);
    EXPECT_EQ(store.count(std::nullopt), open + completed);
    SQLite::Database database(path_, SQLite::OPEN_READWRITE);
    EXPECT_EQ(database.execAndGet("SELECT count(*) FROM todos WHERE NOT completed").getInt(), open);
    EXPECT_EQ(database.execAndGet("SELECT count(*) FROM todos WHERE completed").getInt(),
              completed);
  };
  ASSERT_FALSE(write(store, [&] {
    store.insert({"one", false, std::nullopt});
    store.insert({"two", true, std::nullopt});
    store.insert({"three", false, std::nullopt});
    EXPECT_EQ(store.count(std::nullopt), 3) << "also within a batch";
  }));
  expect_true_counts(2, 1);
  ASSERT_FALSE(write(store, [&] {
    store.update(1, {std::nullopt, true, std::nullopt});
    store.update(2, {"renamed", std::nullopt, std::nullopt});
    store.remove(3);
    store.remove(99);
  }));
  expect_true_counts(0, 2);

  ASSERT_TRUE(store.begin_writes());
  {
    Savepoint dropped = store.savepoint();
    store.insert({"dropped", false, std::nullopt});
    store.clear();
  }
  {
    Savepoint request = store.savepoint();
    store.insert({"kept", false, std::nullopt});
    request.keep();
  }
  ASSERT_FALSE(store.commit_writes());
  expect_true_counts(1, 2);

  ASSERT_EQ(run_outside(path_, "INSERT INTO todos (title) VALUES ('foreign')"), 0);
  expect_true_counts(2, 2);
  ASSERT_EQ(run_outside(path_, "UPDATE todos SET completed = 1 WHERE title = 'foreign'"), 0);
  expect_true_counts(1, 3);
  ASSERT_EQ(run_outside(path_, "DELETE FROM todos WHERE title = 'foreign'"), 0);
  expect_true_counts(1, 2);

  ASSERT_FALSE(write(store, [&] {
    store.insert({"before", true, std::nullopt});
    store.clear();
    store.insert({"after", true, std::nullopt});
  }));
  expect_true_counts(0, 1);
}

TEST_F(TodoStoreTest, LetsReadsShareOneTransaction) {
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

TEST_F(TodoStoreTest, SeesACommitOfAnotherWorkerAtOnce) {
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

TEST_F(TodoStoreTest, LooksForItselfAfterAWriterThatDiedInItsCommit) {
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

TEST_F(TodoStoreTest, KeepsTheLogShort) {
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

// ── several processes ──

TEST_F(TodoStoreTest, IsCreatedOnceByManyProcessesThatOpenItTogether) {
  for (int round = 0; round < 5; ++round) {
    const std::string path = directory_ / (std::to_string(round) + ".db");
    std::vector<pid_t> children;
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

TEST_F(TodoStoreTest, LosesNothingWhenTwoProcessesWriteAtOnce) {
  TodoStore::open(path_);
  std::vector<pid_t> children;
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

TEST_F(TodoStoreTest, GivesTheTurnOnWhenAWriterIsKilledInTheMiddle) {
  TodoStore store = TodoStore::open(path_);
  add(store, "before");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t writer = in_child([&] {
    TodoStore own = TodoStore::open(path_);
    own.begin_writes();
    own.savepoint().keep();
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

TEST_F(TodoStoreTest, KeepsEveryAcknowledgedWriteOfAKilledProcess) {
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

TEST_F(TodoStoreTest, MeansTheSameTurnWhenItsFileWasDeleted) {
  const std::string path = directory_ / "turn";
  WriteTurn one(path);
  WriteTurn two(path);
  fs::remove(path);
  ASSERT_TRUE(one.try_take());
  WriteTurn latecomer(path);
  EXPECT_FALSE(two.try_take());
  EXPECT_FALSE(latecomer.try_take());
  one.release();
  EXPECT_TRUE(two.try_take());
  EXPECT_FALSE(latecomer.try_take());
}

// ── failures ──

TEST_F(TodoStoreTest, RefusesToWriteIntoADeletedDatabase) {
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

TEST_F(TodoStoreTest, SaysThatTheDiskIsFullAndGoesOn) {
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

/// SQLite gives up the whole transaction when the disk is full while a statement runs.
TEST_F(TodoStoreTest, FailsTheWholeBatchWhenItsTransactionIsLost) {
  TodoStore store = TodoStore::open(path_);
  const auto request = [&](const std::string& title, int count) {
    Savepoint savepoint = store.savepoint();
    for (int i = 0; i < count; ++i) store.insert({title, false, std::nullopt});
    savepoint.keep();
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

TEST_F(TodoStoreTest, NamesPathAndReasonWhenItCannotOpen) {
  EXPECT_THAT(error_of_opening(directory_ / "missing" / "todos.db"),
              AllOf(HasSubstr("missing/todos.db"), HasSubstr("No such file or directory")));
  EXPECT_THAT(error_of_opening(directory_), HasSubstr("it is a directory"));
  EXPECT_THAT(error_of_opening(""), HasSubstr("the path is empty"));
  std::ofstream(directory_ / "file") << "";
  EXPECT_THAT(error_of_opening(directory_ / "file" / "todos.db"), HasSubstr("ot a directory"));
  ASSERT_EQ(::mkfifo((directory_ / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(error_of_opening(directory_ / "fifo"), HasSubstr("not a regular file"));
}

TEST_F(TodoStoreTest, LeavesAFileThatIsNoDatabaseUntouched) {
  const std::string text = "Shopping list: " + std::string(5000, 'x');
  std::ofstream(path_) << text;
  EXPECT_THAT(error_of_opening(path_),
              AllOf(HasSubstr(path_), HasSubstr("not a database"), Not(HasSubstr("\n"))));
  EXPECT_EQ(content_of(path_), text);
}

TEST_F(TodoStoreTest, RefusesACorruptDatabase) {
  TodoStore::open(path_);
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);  // the root of the schema table, behind the header
  file << std::string(4, '\xEE');
  file.close();
  const std::string before = content_of(path_);
  EXPECT_THAT(error_of_opening(path_), AllOf(HasSubstr(path_), HasSubstr("malformed")));
  EXPECT_EQ(content_of(path_), before);
}

TEST_F(TodoStoreTest, RefusesASchemaFromTheFuture) {
  ASSERT_EQ(run_outside(path_, "CREATE TABLE todos (x); PRAGMA user_version = 99"), 0);
  const std::string before = content_of(path_);
  EXPECT_THAT(error_of_opening(path_), AllOf(HasSubstr(path_), HasSubstr("version 99")));
  EXPECT_EQ(content_of(path_), before);
}

TEST_F(TodoStoreTest, RefusesTheDatabaseOfAnotherProgram) {
  ASSERT_EQ(run_outside(path_, "CREATE TABLE bookmarks (url TEXT)"), 0);
  EXPECT_THAT(error_of_opening(path_), HasSubstr("belongs to another program"));
}

TEST_F(TodoStoreTest, SaysWhatIsNotPermitted) {
  TodoStore::open(path_);
  fs::permissions(directory_, fs::perms::others_read | fs::perms::others_exec,
                  fs::perm_options::add);
  // Root may write everywhere: look as somebody else.
  const auto error_as_nobody = [&](const std::string& path) {
    int channel[2];
    if (::pipe(channel) != 0) return std::string("no pipe");
    const pid_t child = in_child([&] {
      if (::geteuid() == 0 && ::setuid(65534) != 0) return 1;
      const std::string error = error_of_opening(path);
      return ::write(channel[1], error.data(), error.size()) < 0 ? 1 : 0;
    });
    EXPECT_EQ(exit_code(child), 0);
    ::close(channel[1]);
    char buffer[4096];
    const ssize_t bytes = ::read(channel[0], buffer, sizeof buffer);
    ::close(channel[0]);
    return std::string(buffer, static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
  };
  fs::permissions(directory_, fs::perms::all & ~fs::perms::others_write & ~fs::perms::owner_write);
  EXPECT_THAT(error_as_nobody(path_), AllOf(HasSubstr(path_), HasSubstr("Permission denied")));
  fs::permissions(directory_, fs::perms::all);
  fs::permissions(path_, fs::perms::owner_read | fs::perms::others_read);
  EXPECT_THAT(error_as_nobody(path_), AllOf(HasSubstr(path_), HasSubstr("Permission denied")));
}

TEST_F(TodoStoreTest, GivesUpWhenTheDatabaseStaysLockedAtTheStart) {
  WriteTurn other(path_ + "-turn");
  ASSERT_TRUE(other.try_take());
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(error_of_opening(path_), HasSubstr("locked"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(8));
}

TEST_F(TodoStoreTest, IsReadableWithPlainSql) {
  TodoStore store = TodoStore::open(path_);
  add(store, "walk the dog");
  SQLite::Database outside(path_);
  SQLite::Statement all(outside, "SELECT * FROM todos");
  ASSERT_TRUE(all.executeStep());
  std::vector<std::string> columns;
  for (int i = 0; i < all.getColumnCount(); ++i) columns.push_back(all.getColumnName(i));
  EXPECT_THAT(columns, ElementsAre("id", "title", "completed", "position", "created_at"));
}

}  // namespace
}  // namespace forkscope::store
