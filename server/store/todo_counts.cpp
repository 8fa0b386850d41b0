#include "store/todo_counts.h"

#include <sqlite3.h>

#include <utility>

#include "store/store_error.h"

namespace forkscope::store {

TodoCounts::TodoCounts(SQLite::Database& database)
    : update_(database, "UPDATE todo_counts SET n = n + ?2 WHERE completed = ?1") {}

void TodoCounts::add(bool completed, std::int64_t change) { request_[completed ? 1 : 0] += change; }

std::int64_t TodoCounts::pending(bool completed) const {
  return batch_[completed ? 1 : 0] + request_[completed ? 1 : 0];
}

void TodoCounts::request_ended(bool kept) noexcept {
  const Counts request = std::exchange(request_, {});
  if (!kept) return;
  for (std::size_t i = 0; i < batch_.size(); ++i) batch_[i] += request[i];
}

bool TodoCounts::before_commit() {
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (batch_[i] == 0) continue;
    update_.bind(1, static_cast<std::int64_t>(i));
    update_.bind(2, batch_[i]);
    const bool updated = step(update_) == SQLITE_DONE;
    update_.tryReset();
    if (!updated) return false;
  }
  return true;
}

void TodoCounts::batch_ended() noexcept { request_ = batch_ = {}; }

}  // namespace forkscope::store
