// What tests of the store share: a database of their own, and other processes that use it.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "store/todo_store.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

namespace forkscope::store {

/// Runs `body` in a child process, which ends with its result as exit code, or 99 if it throws.
inline pid_t in_child(const std::function<int()>& body) {
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

inline int exit_code(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Writes `change` as a batch of one request, waiting for the turn.
inline std::optional<StoreError> write(TodoStore& store, const std::function<void()>& change) {
  if (!support::wait_until([&] { return store.begin_writes(); }))
    throw std::runtime_error("no turn");
  {
    Change request = store.change();
    change();
    request.keep();
  }
  if (auto failure = store.commit_writes()) return failure;
  if (!support::wait_until([&] { return store.begin_flush(); }))
    throw std::runtime_error("no word from the disk");

  return store.flush_writes();
}

inline void add(TodoStore& store, const std::string& title) {
  const auto failure = write(store, [&] { store.insert({title, false, std::nullopt}); });
  ASSERT_FALSE(failure) << failure->what();
}

inline std::vector<std::string> titles(TodoStore& store) {
  std::vector<std::string> result;
  for (const Todo& todo : store.list(1000, 0, std::nullopt)) result.push_back(todo.title);
  return result;
}

/// Runs SQL as another program would: on a connection of its own, in a process of its own.
inline int run_outside(const std::string& path, const std::string& sql) {
  return exit_code(in_child([&] {
    SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000);
    database.exec(sql);
    return 0;
  }));
}

class StoreFixture : public ::testing::Test {
 protected:
  const support::TempDir own_directory_;
  const std::filesystem::path& directory_ = own_directory_.path();
  const std::string path_ = directory_ / "todos.db";
};

}  // namespace forkscope::store
