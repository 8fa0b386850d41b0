// One run of the load generator, from its start to its stop: lives on the generator's thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "load/client_connection.h"
#include "load/latency_window.h"
#include "load/load_options.h"
#include "net/tcp_client.h"
#include "os/unique_fd.h"

namespace forkscope::load {

/// What the generator's thread writes and anybody reads.
struct Figures {
  std::atomic<bool> running{false};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> broken{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> failed_status{0};
  std::atomic<std::uint64_t> ended{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> waiting{0};
  std::atomic<std::uint64_t> oldest_wait_ns{0};
  std::atomic<std::uint64_t> p50_ns{0};
  std::atomic<std::uint64_t> p99_ns{0};
  std::atomic<std::uint64_t> max_ns{0};
  std::atomic<double> requests_per_second{0};
  std::atomic<std::uint64_t> whole_p50_ns{0};
  std::atomic<std::uint64_t> whole_p99_ns{0};
  std::atomic<std::uint64_t> longest_ns{0};
  std::array<std::atomic<std::uint64_t>, telemetry::kMaxSlots + 1> by_worker{};
};

class LoadRun {
 public:
  /// `wake` is an eventfd(2), borrowed: readable = stop.
  LoadRun(const LoadOptions& options, int wake, Figures& figures);

  /// Returns when it is told to stop, or when the server's address is not found. Looks at `wake`
  /// also while that is looked up.
  void serve();

 private:
  /// A connection, and the request that it carries.
  struct Client {
    ClientConnection connection;
    std::optional<std::uint64_t> due_ns = {};  // of the request that waits for its answer
    bool is_ready = false;                     // and in the line for the next one
  };
  struct Measure {
    std::uint64_t time_ns;
    std::uint64_t answered;
  };

  bool wait_for(const net::AddressLookup& lookup) const;
  bool prepare(const std::optional<net::TcpAddress>& address);
  void handle(std::uint32_t index, ClientConnection::Event event);
  void count_answer(const Client& client);
  void open_due();
  void line_up(std::uint32_t index);
  void hand_request(std::uint32_t index);
  void schedule_arrivals();
  void send_what_is_due();
  std::string_view next_request();
  void publish();
  void measure();
  std::uint64_t due_ns(std::uint64_t arrival) const;
  std::uint64_t oldest_wait_ns() const;
  std::uint64_t quantile_ns(double quantile) const;
  int timeout_ms() const;

  const LoadOptions options_;
  const int wake_;
  Figures& figures_;
  const os::UniqueFd epoll_;
  std::vector<Client> clients_;
  std::deque<std::uint32_t> ready_;  // who can take a request, for the longest time first
  net::TcpAddress address_;
  std::string request_;  // for the target
  std::string post_;
  std::string long_;

  std::uint64_t now_ns_;        // read once per round
  std::uint64_t start_ns_ = 0;  // when there was an address to send to
  std::uint64_t next_scan_ns_ = 0;
  std::uint64_t next_measure_ns_ = 0;
  std::uint64_t arrived_ = 0;  // requests that were due so far; with a rate only
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t broken_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t failed_status_ = 0;
  std::uint64_t ended_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t in_flight_ = 0;
  double post_credit_ = 0;
  std::minstd_rand dice_;  // always the same throws, so that runs can be compared
  std::deque<Measure> measures_;
  LatencyWindow latencies_;
  std::array<std::uint64_t, telemetry::kHistogramBuckets> whole_{};
  std::uint64_t longest_ns_ = 0;
};

}  // namespace forkscope::load
