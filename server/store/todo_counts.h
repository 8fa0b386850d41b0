// How many todos there are, open and completed, without counting them: the table `todo_counts`.
//
// Programs outside keep it true by triggers. The server's own batches count for themselves and
// update it once, right before their commit, which halves the cost of an insert. With it each batch
// leaves its number there: so one can tell later whether it was committed.
//
// One per TodoStore, which tells it what each request changes.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <cstdint>
#include <optional>

#include "store/write_batch.h"

namespace forkscope::store {

class TodoCounts final : public BatchObserver {
 public:
  explicit TodoCounts(SQLite::Database& database);

  /// In a request: there are `change` more (or fewer) todos that are (not) completed.
  void add(bool completed, std::int64_t change);
  /// What the open batch has counted so far, and the table does not tell yet.
  std::int64_t pending(bool completed) const;

  void request_ended(bool kept) noexcept override;
  bool before_commit(std::uint64_t number) override;
  void batch_ended() noexcept override;
  std::optional<std::uint64_t> latest_commit() override;

 private:
  using Counts = std::array<std::int64_t, 2>;  ///< Open todos, completed ones.

  static bool run(SQLite::Statement& update, std::int64_t first, std::int64_t second);

  SQLite::Statement update_;
  SQLite::Statement number_;
  SQLite::Statement latest_number_;
  Counts request_{};
  Counts batch_{};  ///< Of the requests that were kept.
};

}  // namespace forkscope::store
