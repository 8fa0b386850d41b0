#include "store/todo_store.h"

#include <sqlite3.h>

#include <cassert>
#include <cerrno>
#include <ctime>

#include "store/schema.h"

namespace forkscope::store {
namespace {

/// How late a commit of a program outside, which knows no change mark, may be noticed.
constexpr std::chrono::milliseconds kForeignCommitDelay{1};

/// One use of a kept statement. It is reset at the end, so that no read transaction outlives the
/// call; and what SQLite reports becomes a StoreError.
class Query {
 public:
  Query(SQLite::Database& database, SQLite::Statement& statement, const std::string& path)
      : handle_(database.getHandle()), statement_(statement), path_(path) {
    statement_.clearBindings();
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() { statement_.tryReset(); }

  Query& bind(int index, std::int64_t value) {
    statement_.bind(index, value);
    return *this;
  }
  Query& bind(int index, const std::string& value) {
    statement_.bindNoCopy(index, value);  // the caller's string outlives the query
    return *this;
  }
  /// Parameters that are not bound are NULL.
  template <typename T>
  Query& bind(int index, const std::optional<T>& value) {
    if (value) bind(index, static_cast<std::int64_t>(*value));
    return *this;
  }
  Query& bind(int index, const std::optional<std::string>& value) {
    if (value) bind(index, *value);
    return *this;
  }

  bool next_row() {
    const int result = step(statement_);
    if (result != SQLITE_ROW && result != SQLITE_DONE) throw latest_error(handle_, path_);
    return result == SQLITE_ROW;
  }
  std::int64_t integer(int column) const { return statement_.getColumn(column).getInt64(); }
  Todo todo() const {
    Todo todo{integer(0), statement_.getColumn(1).getString(), integer(2) != 0, std::nullopt};
    if (!statement_.isColumnNull(3)) todo.order = integer(3);
    return todo;
  }

 private:
  sqlite3* handle_;
  SQLite::Statement& statement_;
  const std::string& path_;
};

}  // namespace

TodoStore TodoStore::open(const std::string& path, std::span<const int> kept, int wake) {
  try {
    return TodoStore(path, kept, wake);
  } catch (const SQLite::Exception& error) {
    throw StoreError(kind_of(error.getErrorCode(), 0),
                     "cannot use the database " + path + ": " + error.what());
  }
}

TodoStore::TodoStore(const std::string& path, std::span<const int> kept, int wake)
    : path_(checked_database_path(path)),
      turn_(turn_path(path_)),
      files_(path, path_, turn_, kept),
      database_(
          open_database(path_, files_.database_exists() ? IfMissing::refuse : IfMissing::create)),
      counts_(database_),
      batch_(database_, turn_, files_, wake, &counts_),
      list_(database_,
            "SELECT id, title, completed, position FROM todos"
            " WHERE id > ?1 ORDER BY id LIMIT ?2"),
      list_by_completed_(database_,
                         "SELECT id, title, completed, position FROM todos"
                         " WHERE id > ?1 AND completed = ?3 ORDER BY id LIMIT ?2"),
      count_(database_, "SELECT sum(n) FROM todo_counts WHERE ?1 IS NULL OR completed = ?1"),
      find_(database_, "SELECT id, title, completed, position FROM todos WHERE id = ?1"),
      insert_(database_,
              "INSERT INTO todos (title, completed, position, created_at) VALUES (?1, ?2, ?3, ?4)"),
      update_(database_,
              "UPDATE todos SET title = ?2, completed = ?3, position = ?4 WHERE id = ?1"),
      remove_(database_, "DELETE FROM todos WHERE id = ?1"),
      data_version_(database_, "PRAGMA data_version"),
      begin_reads_(database_, "BEGIN"),
      end_reads_(database_, "COMMIT") {
  files_.hold();
  clear_up_on_close(database_);
}

TodoStore::~TodoStore() { files_.prepare_to_close(); }

std::vector<Todo> TodoStore::list(std::int64_t limit, std::int64_t after,
                                  std::optional<bool> completed) {
  join_shared_reads();
  Query query(database_, completed ? list_by_completed_ : list_, path_);
  query.bind(1, after).bind(2, limit);
  if (completed) query.bind(3, completed);
  std::vector<Todo> todos;
  while (query.next_row()) todos.push_back(query.todo());
  return todos;
}

std::int64_t TodoStore::count(std::optional<bool> completed) {
  join_shared_reads();
  Query query(database_, count_, path_);
  query.bind(1, completed).next_row();
  if (completed) return query.integer(0) + counts_.pending(*completed);
  return query.integer(0) + counts_.pending(false) + counts_.pending(true);
}

std::optional<Todo> TodoStore::find(std::int64_t id) {
  join_shared_reads();
  Query query(database_, find_, path_);
  if (!query.bind(1, id).next_row()) return std::nullopt;
  return query.todo();
}

void TodoStore::check() {
  if (const auto displaced = files_.misplaced()) throw StoreError(*displaced);
  count(std::nullopt);
}

std::uint64_t TodoStore::content_version() {
  assert(!batch_.is_open() && "what is not committed has no version");
  try {
    Query query(database_, data_version_, path_);
    query.next_row();
    if (query.integer(0) == seen_data_version_) return content_version_;
    seen_data_version_ = query.integer(0);
  } catch (const StoreError&) {
    // Nobody knows what the content is: whatever was remembered of it is not to be used.
    seen_mark_.reset();
  }
  return ++content_version_;
}

// Asking SQLite takes locks, which costs 1.4 us. The change mark costs nothing, and mostly says
// that there is no need to ask. It knows only of commits through a TodoStore: therefore SQLite is
// asked all the same once a millisecond.
std::uint64_t TodoStore::begin_reads() {
  assert(!sharing_reads_ && !batch_.is_open());
  sharing_reads_ = true;
  const auto now = std::chrono::steady_clock::now();
  const auto mark = turn_.change_mark();
  if (mark && mark == seen_mark_ && now - looked_at_ < kForeignCommitDelay) return content_version_;
  seen_mark_ = mark;
  looked_at_ = now;
  join_shared_reads();
  return content_version();
}

/// The first read after BEGIN opens the transaction. Where BEGIN fails each read has one of its
/// own.
void TodoStore::join_shared_reads() {
  if (!sharing_reads_ || sqlite3_get_autocommit(database_.getHandle()) == 0) return;
  step(begin_reads_);
  begin_reads_.tryReset();
}

void TodoStore::end_reads() {
  sharing_reads_ = false;
  if (sqlite3_get_autocommit(database_.getHandle()) != 0) return;
  step(end_reads_);
  end_reads_.tryReset();
}

std::optional<StoreError> TodoStore::commit_writes() {
  // SQLite's data_version counts the commits of other connections only.
  ++content_version_;
  return batch_.commit();
}

// Nothing is asked for by RETURNING, for which SQLite makes a table in memory: that costs more than
// the change.

Todo TodoStore::insert(const NewTodo& todo) {
  Query query(database_, insert_, path_);
  batch_.begin_change();
  query.bind(1, todo.title).bind(2, todo.completed).bind(3, todo.order);
  query.bind(4, current_second()).next_row();
  counts_.add(todo.completed, +1);
  return {database_.getLastInsertRowid(), todo.title, todo.completed, todo.order};
}

/// As the table's default says it, which costs a quarter of an insert.
const std::string& TodoStore::current_second() {
  const std::time_t now = std::time(nullptr);
  if (now != second_) {
    std::tm parts{};
    char text[sizeof "9999-12-31T23:59:59Z"];
    ::gmtime_r(&now, &parts);
    second_text_.assign(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
    second_ = now;
  }
  return second_text_;
}

std::optional<Todo> TodoStore::update(std::int64_t id, const TodoPatch& patch) {
  const auto before = find(id);
  if (!before) return std::nullopt;
  Todo todo{id, patch.title.value_or(before->title), patch.completed.value_or(before->completed),
            patch.order.value_or(before->order)};
  Query query(database_, update_, path_);
  batch_.begin_change();
  query.bind(1, id).bind(2, todo.title).bind(3, todo.completed).bind(4, todo.order).next_row();
  counts_.add(before->completed, -1);
  counts_.add(todo.completed, +1);
  return todo;
}

bool TodoStore::remove(std::int64_t id) {
  const auto before = find(id);
  if (!before) return false;
  Query query(database_, remove_, path_);
  batch_.begin_change();
  query.bind(1, id).next_row();
  counts_.add(before->completed, -1);
  return true;
}

void TodoStore::clear() {
  // Nobody counts row by row here, so SQLite deletes page by page: 0.15 s instead of 1.2 s for a
  // million todos.
  for (const bool completed : {false, true}) counts_.add(completed, -count(completed));
  batch_.begin_change();
  errno = 0;  // for latest_error(), as in step()
  if (database_.tryExec("DELETE FROM todos") != SQLITE_OK) {
    throw latest_error(database_.getHandle(), path_);
  }
}

}  // namespace forkscope::store
