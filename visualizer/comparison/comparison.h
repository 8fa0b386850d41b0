// The ways to share a port, one after the other, on the server that is looked at: for each the same
// load, of requests that have a connection each, and one hang.
//
//   switch ─▶ even load ─▶ uneven load: one request in ten takes 20 ms ─▶ the same while a worker
//   hangs, until it is back ─▶ the next way
//
// Each leaves a row of what the clients of the load saw; the server's own counts are no part of
// it but for the CPU time, which is the kernel's. What a server does not have is left out. Main
// thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "lessons/situation.h"

namespace forkscope::comparison {

/// What came of one way to share the port.
struct Row {
  telemetry::BalancePolicy balance = telemetry::BalancePolicy::unknown;
  /// Requests that each worker answered under even and uneven load, by number from 1.
  std::vector<std::uint64_t> by_worker = {};
  std::uint64_t even_p50_ns = 0;
  std::uint64_t even_p99_ns = 0;
  std::uint64_t uneven_p99_ns = 0;
  std::uint64_t longest_wait_ns = 0;  ///< Of a client while a worker hung, answered or not.
  std::uint64_t hang_ns = 0;          ///< From the request that hung to its successor; 0: no hang.
  std::uint64_t broken = 0;           ///< Requests of the load, in all three.
  std::optional<std::uint64_t> cpu_ns = {};  ///< Of the server, per request of the even load.

  double fairness() const;  ///< Jain's index of `by_worker`; 1 = even.
};

class Comparison {
 public:
  static constexpr double kRate = 200;  ///< Requests per second.
  static constexpr double kLongShare = 0.1;
  /// More than can wait at a worker that hangs, so that no arrival is held back.
  static constexpr std::uint32_t kClients = 512;

  /// Why the server that is looked at cannot be asked: one line for people. Empty: it can.
  static std::string obstacle(const lessons::Situation& situation);

  bool is_running() const { return step_ != Step::none; }
  /// Forgets the rows of a run before. There must be no obstacle.
  lessons::Actions begin(const lessons::Situation& situation);
  /// Once per picture while it runs; it is over when is_running() is false.
  lessons::Actions watch(const lessons::Situation& situation);
  /// Ends it, also in the middle, and puts the way back that was there. Once more is nothing.
  lessons::Actions stop(const lessons::Situation& situation);

  /// Those that are over; they stay until the next run.
  const std::vector<Row>& rows() const { return rows_; }
  void forget() { rows_.clear(); }
  std::uint32_t workers() const { return workers_; }
  /// "2 of 6, round-robin: uneven load"; while it runs.
  std::string progress() const;

 private:
  enum class Step { none, switching, even, uneven, hang };

  void go_to(Step step, const lessons::Situation& situation, lessons::Actions& actions);
  void begin_round(const lessons::Situation& situation, lessons::Actions& actions);
  void next_round(const lessons::Situation& situation, lessons::Actions& actions);
  void end_step(const lessons::Situation& situation);
  bool is_over(const lessons::Situation& situation) const;
  bool is_ready(const lessons::Situation& situation) const;
  telemetry::BalancePolicy policy() const;

  Step step_ = Step::none;
  std::uint64_t since_ns_ = 0;  // of the step
  std::uint64_t instance_ = 0;  // of the server that it is about
  std::uint32_t workers_ = 0;
  telemetry::BalancePolicy before_ = telemetry::BalancePolicy::unknown;
  std::size_t current_ = 0;  // of the ways
  Row row_;                  // of the round that runs
  std::optional<std::uint64_t> cpu_before_ns_;
  std::vector<Row> rows_;
};

}  // namespace forkscope::comparison
