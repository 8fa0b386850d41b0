// A todo, as the store keeps it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace forkscope::store {

struct Todo {
  std::int64_t id = 0;  ///< From 1, ascending; never used twice, not even after a clear().
  std::string title;
  bool completed = false;
  std::optional<std::int64_t> order;  ///< Where a client wants to show it; lists are by id.
};

/// A todo that has no id yet.
struct NewTodo {
  std::string title;
  bool completed = false;
  std::optional<std::int64_t> order;
};

/// A change: what is not set stays as it is.
struct TodoPatch {
  std::optional<std::string> title = {};
  std::optional<bool> completed = {};
  std::optional<std::optional<std::int64_t>> order =
      {};  ///< Set to nothing: the todo loses its order.
};

}  // namespace forkscope::store
