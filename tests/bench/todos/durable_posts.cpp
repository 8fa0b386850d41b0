// How many durable POSTs per second, and how long each worker lets its clients wait.
//
//   scripts/build release -DFORKSCOPE_BENCH=ON -DFORKSCOPE_TESTS=ON
//   build/release/bin/durable_posts_bench [SECONDS] [CONNECTIONS] [WORKERS]
//
// Two rates, measured in alternating rounds on the same disk: POSTs over keep-alive connections to
// a running server, and inserts of a program that commits each one (WAL, synchronous=FULL, as the
// server does). Latencies are the clients': from the request's first byte to the answer's last.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "support/server_process.h"
#include "support/stream_socket.h"
#include "support/temp_dir.h"

namespace {

using namespace std::chrono_literals;
using forkscope::support::ServerProcess;
using forkscope::support::StreamSocket;
using forkscope::support::TempDir;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int kRounds = 3;
const std::string kTodo = R"({"title":"walk the dog","completed":false,"order":1})";
const std::string kRequest =
    "POST /v1/todos HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Content-Length: " +
    std::to_string(kTodo.size()) + "\r\n\r\n" + kTodo;

/// A client that sends its next POST as soon as the previous one has been answered.
struct Client {
  StreamSocket socket;
  std::string received;
  Clock::time_point sent;

  void post() {
    received.clear();
    sent = Clock::now();
    socket.send(kRequest, sent + 10s);
  }
  /// True: the whole answer is there.
  bool receive() {
    char buffer[4096];
    ssize_t size = 0;
    while ((size = ::recv(socket.fd(), buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
      received.append(buffer, static_cast<std::size_t>(size));
    }
    const std::size_t head = received.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    return received.size() >= head + 4 + std::strtoul(field("Content-Length: "), nullptr, 10);
  }
  const char* field(const char* name) const {
    const std::size_t at = received.find(name);
    return at == std::string::npos ? "0" : received.c_str() + at + std::string(name).size();
  }
};

struct Posts {
  double per_second = 0;
  std::size_t failed = 0;
  std::map<int, std::vector<double>> latencies_ms;  // by worker
};

Posts post_to_server(const ServerProcess& server, int connections, Clock::duration duration) {
  std::vector<Client> clients;
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < connections; ++i) {
    clients.push_back({StreamSocket::connect_loopback(server.port()), "", {}});
    epoll_event event{EPOLLIN, {.u64 = static_cast<std::uint64_t>(i)}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, clients.back().socket.fd(), &event);
  }
  for (Client& client : clients) client.post();

  Posts posts;
  std::size_t answered = 0;
  const auto begin = Clock::now();
  while (Clock::now() < begin + duration) {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll, events, 64, 100);
    for (int i = 0; i < count; ++i) {
      Client& client = clients[events[i].data.u64];
      if (!client.receive()) continue;
      ++answered;
      if (!client.received.starts_with("HTTP/1.1 201 ")) ++posts.failed;
      posts.latencies_ms[std::atoi(client.field("X-Worker: "))].push_back(
          Milliseconds(Clock::now() - client.sent).count());
      client.post();
    }
  }
  posts.per_second =
      static_cast<double>(answered) / std::chrono::duration<double>(Clock::now() - begin).count();
  ::close(epoll);
  return posts;
}

double insert_one_by_one(Clock::duration duration) {
  const TempDir directory;
  SQLite::Database database((directory.path() / "inserts.db").string(),
                            SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
      "CREATE TABLE todos (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL,"
      " completed INTEGER NOT NULL DEFAULT 0, position INTEGER) STRICT");
  SQLite::Statement insert(database,
                           "INSERT INTO todos (title, completed, position)"
                           " VALUES ('walk the dog', 0, 1)");
  int inserts = 0;
  const auto begin = Clock::now();
  while (Clock::now() < begin + duration) {
    insert.exec();
    insert.reset();
    ++inserts;
  }
  return inserts / std::chrono::duration<double>(Clock::now() - begin).count();
}

double quantile(std::vector<double>& values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

int argument(int argc, char** argv, int index, int otherwise) {
  return argc > index ? std::atoi(argv[index]) : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const auto seconds = std::chrono::seconds(argument(argc, argv, 1, 5));
  const int connections = argument(argc, argv, 2, 64);
  const int workers = argument(argc, argv, 3, 4);
  std::printf("%d connections, %d workers, %d rounds of %lld s\n", connections, workers, kRounds,
              static_cast<long long>(seconds.count()));
  for (int round = 1; round <= kRounds; ++round) {
    const double inserts = insert_one_by_one(seconds);
    const ServerProcess server({.workers = workers});
    Posts posts = post_to_server(server, connections, seconds);
    std::printf("round %d: %8.0f POST/s, %8.0f single commits/s, ratio %.1f, %zu failed\n", round,
                posts.per_second, inserts, posts.per_second / inserts, posts.failed);
    std::vector<double> p99s;
    for (auto& [worker, latencies] : posts.latencies_ms) {
      p99s.push_back(quantile(latencies, 0.99));
      std::printf("  worker %d: %8zu answers, p50 %6.2f ms, p99 %6.2f ms, max %6.2f ms\n", worker,
                  latencies.size(), quantile(latencies, 0.5), p99s.back(), latencies.back());
    }
    const double worst = *std::max_element(p99s.begin(), p99s.end());
    std::printf("  worst p99 is %.2f of the median worker's\n", worst / quantile(p99s, 0.5));
  }
}
