#include "store/todo_counts.h"

#include <sqlite3.h>

#include <utility>

#include "store/store_error.h"

namespace forkscope::store {

TodoCounts::TodoCounts(SQLite::Database& database)
    : update_(database, "UPDATE todo_counts SET n = n + ?2 WHERE completed = ?1"),
      number_(database, "UPDATE todo_counts SET n = n + ?2, batch = ?1 WHERE completed = 0"),
      latest_number_(database, "SELECT batch FROM todo_counts WHERE completed = 0") {}

void TodoCounts::add(bool completed, std::int64_t change) { request_[completed ? 1 : 0] += change; }

std::int64_t TodoCounts::pending(bool completed) const {
  return batch_[completed ? 1 : 0] + request_[completed ? 1 : 0];
}

void TodoCounts::request_ended(bool kept) noexcept {
  const Counts request = std::exchange(request_, {});
  if (!kept) return;
  for (std::size_t i = 0; i < batch_.size(); ++i) batch_[i] += request[i];
}

/// The number is in the row of the open ones.
bool TodoCounts::before_commit(std::uint64_t number) {
  return run(number_, static_cast<std::int64_t>(number), batch_[0]) &&
         (batch_[1] == 0 || run(update_, 1, batch_[1]));
}

bool TodoCounts::run(SQLite::Statement& update, std::int64_t first, std::int64_t second) {
  update.bind(1, first);
  update.bind(2, second);
  const bool updated = step(update) == SQLITE_DONE;
  update.tryReset();
  return updated;
}

std::optional<std::uint64_t> TodoCounts::latest_commit() {
  std::optional<std::uint64_t> number;
  if (step(latest_number_) == SQLITE_ROW) {
    number = static_cast<std::uint64_t>(latest_number_.getColumn(0).getInt64());
  }
  latest_number_.tryReset();
  return number;
}

void TodoCounts::batch_ended() noexcept { request_ = batch_ = {}; }

}  // namespace forkscope::store
