// What a store keeps, and how it counts it.
#include "store/todo_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store_fixture.h"

namespace forkscope::store {
namespace {

using ::testing::ElementsAre;

using TodoStoreTest = StoreFixture;

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
    Change dropped = store.change();
    store.insert({"dropped", false, std::nullopt});
    store.clear();
  }
  ASSERT_TRUE(store.commit_writes());
  expect_true_counts(0, 2);
  add(store, "kept");
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

TEST_F(TodoStoreTest, SaysWhenATodoWasMadeAsAProgramOutsideWould) {
  TodoStore store = TodoStore::open(path_);
  ASSERT_EQ(run_outside(path_, "INSERT INTO todos (title) VALUES ('before')"), 0);
  add(store, "ours");
  ASSERT_EQ(run_outside(path_, "INSERT INTO todos (title) VALUES ('after')"), 0);
  SQLite::Database outside(path_);
  SQLite::Statement all(outside, "SELECT created_at FROM todos ORDER BY id");
  std::vector<std::string> times;
  while (all.executeStep()) times.push_back(all.getColumn(0));
  ASSERT_EQ(times.size(), 3u);
  EXPECT_EQ(times[1].size(), times[0].size());
  EXPECT_LE(times[0], times[1]);
  EXPECT_LE(times[1], times[2]);
}

}  // namespace
}  // namespace forkscope::store
