// Whether the server stays as fast when the list grows.
//
//   scripts/build release -DFORKSCOPE_BENCH=ON -DFORKSCOPE_TESTS=ON
//   build/release/bin/million_todos_bench [TODOS]
//
// Measures the same requests against 1,000 todos and against TODOS [1,000,000], one after the other
// on one connection: pages from the begin, the middle and the end, filtered pages, single todos,
// and POSTs. Each GET has a target of its own, so none is answered by the response cache.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "store/todo_store.h"
#include "support/server_process.h"
#include "support/temp_dir.h"

namespace {

using forkscope::store::TodoStore;
using forkscope::support::HttpConnection;
using forkscope::support::ServerProcess;
using forkscope::support::TempDir;
using Clock = std::chrono::steady_clock;

constexpr int kRequests = 300;

void fill(const std::string& path, int todos) {
  TodoStore store = TodoStore::open(path);
  for (int i = 0; i < todos;) {
    if (!store.begin_writes()) std::abort();
    {
      auto change = store.change();
      for (int end = std::min(todos, i + 10'000); i < end; ++i) {
        store.insert({"todo number " + std::to_string(i), i % 3 == 0, i});
      }
      change.keep();
    }
    if (store.commit_writes()) std::abort();
  }
}

double median_us(HttpConnection& connection, const std::string& method,
                 const std::function<std::string(int)>& target, const std::string& body,
                 int status) {
  std::vector<double> times;
  for (int i = 0; i < kRequests; ++i) {
    const auto begin = Clock::now();
    connection.send_request(method, target(i), body);
    const auto response = connection.read_response();
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    if (response.status != status) {
      std::fprintf(stderr, "%s %s: %d\n", method.c_str(), target(i).c_str(), response.status);
      std::exit(EXIT_FAILURE);
    }
  }
  std::nth_element(times.begin(), times.begin() + kRequests / 2, times.end());
  return times[kRequests / 2];
}

std::vector<std::pair<std::string, double>> measure(int todos) {
  const TempDir directory;
  fill((directory.path() / "todos.db").string(), todos);
  const ServerProcess server({.workers = 1, .directory = directory.path()});
  HttpConnection connection(server.port());
  const auto page = [&](int first, const char* more) {
    return [=](int i) { return "/v1/todos?after=" + std::to_string(first + i) + more; };
  };
  const auto get = [&](const std::function<std::string(int)>& target) {
    return median_us(connection, "GET", target, "", 200);
  };
  const int end = todos - kRequests - 100;
  const auto item = [=](int i) { return "/v1/todos/" + std::to_string(1 + (i * 7919L) % todos); };
  const std::string todo = R"({"title":"one more"})";
  return {
      {"GET 100 from the begin", get(page(0, ""))},
      {"GET 100 from the middle", get(page(todos / 2, ""))},
      {"GET 100 from the end", get(page(end, "&limit=100"))},
      {"GET 100 completed, middle", get(page(todos / 2, "&completed=true"))},
      {"GET one", get(item)},
      {"POST", median_us(
                   connection, "POST", [](int) { return "/v1/todos"; }, todo, 201)},
  };
}

}  // namespace

int main(int argc, char** argv) {
  const int many = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  const auto small = measure(1'000);
  const auto large = measure(many);
  std::printf("%-28s %14s %14s\n", "median of 300, µs", "1000 todos",
              (std::to_string(many) + " todos").c_str());
  for (std::size_t i = 0; i < small.size(); ++i) {
    std::printf("%-27s %14.0f %14.0f   %.2f×\n", small[i].first.c_str(), small[i].second,
                large[i].second, large[i].second / small[i].second);
  }
}
