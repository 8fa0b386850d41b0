// What the store costs: reads alone and sharing a transaction, and durable writes by batch size.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "store/todo_store.h"

namespace forkscope::store {
namespace {

constexpr std::int64_t kTodos = 10'000;

/// A database in the current directory, which should be on a disk: writes are to be durable.
class Scratch {
 public:
  Scratch() {
    std::string name = "bench-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~Scratch() { std::filesystem::remove_all(directory_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  TodoStore open() const { return TodoStore::open(directory_ / "todos.db"); }

 private:
  std::filesystem::path directory_;
};

void insert_todos(TodoStore& store, std::int64_t count) {
  if (!store.begin_writes()) std::abort();
  for (std::int64_t i = 0; i < count; ++i) {
    Change request = store.change();
    store.insert({"walk the dog", false, std::nullopt});
    request.keep();
  }
  if (store.commit_writes()) std::abort();
}

void find_one_todo(benchmark::State& state) {
  const Scratch scratch;
  TodoStore store = scratch.open();
  insert_todos(store, kTodos);
  std::int64_t id = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(store.find(id + 1));
    id = (id + 7919) % kTodos;
  }
}
BENCHMARK(find_one_todo);

void find_one_todo_of_sixteen_that_share_a_transaction(benchmark::State& state) {
  const Scratch scratch;
  TodoStore store = scratch.open();
  insert_todos(store, kTodos);
  std::int64_t id = 0;
  int shared = 0;
  for (auto _ : state) {
    if (shared == 0) store.begin_reads();
    benchmark::DoNotOptimize(store.find(id + 1));
    id = (id + 7919) % kTodos;
    shared = (shared + 1) % 16;
    if (shared == 0) store.end_reads();
  }
  store.end_reads();
}
BENCHMARK(find_one_todo_of_sixteen_that_share_a_transaction);

void ask_for_the_content_version(benchmark::State& state) {
  const Scratch scratch;
  TodoStore store = scratch.open();
  for (auto _ : state) benchmark::DoNotOptimize(store.content_version());
}
BENCHMARK(ask_for_the_content_version);

void insert_durably(benchmark::State& state) {
  const Scratch scratch;
  TodoStore store = scratch.open();
  for (auto _ : state) insert_todos(store, state.range(0));
  state.SetItemsProcessed(state.range(0) * state.iterations());
}
BENCHMARK(insert_durably)
    ->ArgName("todos_per_commit")
    ->Arg(1)
    ->Arg(8)
    ->Arg(32)
    ->Arg(64)
    ->UseRealTime();

}  // namespace
}  // namespace forkscope::store
