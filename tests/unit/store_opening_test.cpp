// A file that cannot be the database: one line that says why, and the file as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "store/write_turn.h"
#include "store_fixture.h"

namespace forkscope::store {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

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

using StoreOpeningTest = StoreFixture;

TEST_F(StoreOpeningTest, NamesPathAndReasonWhenItCannotOpen) {
  EXPECT_THAT(error_of_opening(directory_ / "missing" / "todos.db"),
              AllOf(HasSubstr("missing/todos.db"), HasSubstr("No such file or directory")));
  EXPECT_THAT(error_of_opening(directory_), HasSubstr("it is a directory"));
  EXPECT_THAT(error_of_opening(""), HasSubstr("the path is empty"));
  std::ofstream(directory_ / "file") << "";
  EXPECT_THAT(error_of_opening(directory_ / "file" / "todos.db"), HasSubstr("ot a directory"));
  ASSERT_EQ(::mkfifo((directory_ / "fifo").c_str(), 0600), 0);
  EXPECT_THAT(error_of_opening(directory_ / "fifo"), HasSubstr("not a regular file"));
}

TEST_F(StoreOpeningTest, LeavesAFileThatIsNoDatabaseUntouched) {
  const std::string text = "Shopping list: " + std::string(5000, 'x');
  std::ofstream(path_) << text;
  EXPECT_THAT(error_of_opening(path_),
              AllOf(HasSubstr(path_), HasSubstr("not a database"), Not(HasSubstr("\n"))));
  EXPECT_EQ(content_of(path_), text);
}

TEST_F(StoreOpeningTest, RefusesACorruptDatabase) {
  TodoStore::open(path_);
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);  // the root of the schema table, behind the header
  file << std::string(4, '\xEE');
  file.close();
  const std::string before = content_of(path_);
  EXPECT_THAT(error_of_opening(path_), AllOf(HasSubstr(path_), HasSubstr("malformed")));
  EXPECT_EQ(content_of(path_), before);
}

TEST_F(StoreOpeningTest, RefusesASchemaFromTheFuture) {
  ASSERT_EQ(run_outside(path_, "CREATE TABLE todos (x); PRAGMA user_version = 99"), 0);
  const std::string before = content_of(path_);
  EXPECT_THAT(error_of_opening(path_), AllOf(HasSubstr(path_), HasSubstr("version 99")));
  EXPECT_EQ(content_of(path_), before);
}

// Its counts did not say which batch they are of.
TEST_F(StoreOpeningTest, OpensADatabaseOfAnEarlierServer) {
  {
    TodoStore store = TodoStore::open(path_);
    add(store, "old");
  }
  ASSERT_EQ(run_outside(path_, "ALTER TABLE todo_counts DROP COLUMN batch"), 0);
  TodoStore store = TodoStore::open(path_);
  add(store, "new");
  EXPECT_THAT(titles(store), ElementsAre("old", "new"));
  EXPECT_EQ(store.count(false), 2);
}

TEST_F(StoreOpeningTest, RefusesTheDatabaseOfAnotherProgram) {
  ASSERT_EQ(run_outside(path_, "CREATE TABLE bookmarks (url TEXT)"), 0);
  EXPECT_THAT(error_of_opening(path_), HasSubstr("belongs to another program"));
}

TEST_F(StoreOpeningTest, SaysWhatIsNotPermitted) {
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

TEST_F(StoreOpeningTest, GivesUpWhenTheDatabaseStaysLockedAtTheStart) {
  WriteTurn other(path_ + "-turn");
  ASSERT_TRUE(other.try_take());
  EXPECT_THAT(error_of_opening(path_), HasSubstr("locked"));
}

}  // namespace
}  // namespace forkscope::store
