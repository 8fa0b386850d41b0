// What messages between workers cost: how many get through, and how soon one that sleeps has its
// own.
#include <benchmark/benchmark.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "bus/bus.h"
#include "bus/member.h"
#include "forkscope/telemetry/clock.h"
#include "forkscope/telemetry/mapping.h"

namespace forkscope::bus {
namespace {

/// What one listener tells the benchmark, in memory that both share.
struct alignas(64) Report {
  std::atomic<bool> listens;
  std::atomic<std::uint64_t> received;
  std::atomic<std::uint64_t> lost;
  std::atomic<std::uint64_t> latency_ns;  ///< Of the latest message, which says when it was sent.
};

/// Processes that listen until they are killed, in the slots from 1 on.
class Listeners {
 public:
  static constexpr std::uint32_t kCount = 3;

  Listeners(Bus& bus, std::uint32_t count)
      : mapping_(telemetry::Mapping::shared_anonymous(sizeof(Report) * kCount, "the reports")) {
    for (std::uint32_t i = 0; i < count; ++i) {
      pids_.push_back(::fork());
      if (pids_.back() == 0) listen(bus, i);
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      while (!report(i).listens) std::this_thread::yield();
    }
  }
  ~Listeners() {
    for (const pid_t pid : pids_) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  Report& report(std::uint32_t i) { return reinterpret_cast<Report*>(mapping_.data())[i]; }
  std::uint64_t accounted(std::uint32_t i) { return report(i).received + report(i).lost; }
  /// What all of them have accounted for.
  std::uint64_t least() {
    std::uint64_t least = accounted(0);
    for (std::uint32_t i = 1; i < pids_.size(); ++i) least = std::min(least, accounted(i));
    return least;
  }
  std::uint64_t lost() {
    std::uint64_t lost = 0;
    for (std::uint32_t i = 0; i < pids_.size(); ++i) lost += report(i).lost;
    return lost;
  }

 private:
  [[noreturn]] void listen(Bus& bus, std::uint32_t i) {
    Member member(bus, 1 + i);
    Report& mine = report(i);
    pollfd event{member.fd(), POLLIN, 0};
    mine.listens = true;
    while (true) {
      ::poll(&event, 1, -1);
      std::uint64_t now = 0;
      std::uint64_t received = 0;
      std::uint64_t lost = 0;
      member.receive(
          [&](const Message& message) {
            ++received;
            if (now == 0) now = telemetry::now_ns();
            std::uint64_t sent = 0;
            std::memcpy(&sent, message.bytes.data(), sizeof sent);
            mine.latency_ns.store(now - sent, std::memory_order_relaxed);
          },
          [&](std::uint32_t, std::uint64_t count) { lost += count; });
      mine.lost.store(mine.lost + lost, std::memory_order_relaxed);
      mine.received.store(mine.received + received, std::memory_order_release);
    }
  }

  telemetry::Mapping mapping_;
  std::vector<pid_t> pids_;
};

/// A message of 100 bytes that says when it was sent.
std::string message_of(std::uint64_t now_ns) {
  std::string message(100, 'x');
  std::memcpy(message.data(), &now_ns, sizeof now_ns);
  return message;
}

/// From one worker to three others, all of which receive all of it: the sender never runs further
/// ahead than an outbox holds.
void tell_three_others(benchmark::State& state) {
  Bus bus(4);
  Listeners listeners(bus, Listeners::kCount);
  Member speaker(bus, 0);
  constexpr std::uint64_t kAhead = kPlaces / 2;
  const std::string message = message_of(0);
  std::uint64_t sent = 0;
  for (auto _ : state) {
    speaker.publish(message);
    ++sent;
    while (sent % 64 == 0 && sent - listeners.least() > kAhead) std::this_thread::yield();
  }
  while (listeners.least() < sent) std::this_thread::yield();
  state.SetItemsProcessed(static_cast<std::int64_t>(sent));
  state.counters["lost"] = static_cast<double>(listeners.lost());
}
BENCHMARK(tell_three_others)->UseRealTime();

/// The same without waiting for anybody: what publishing costs the one who does it, and how much
/// listeners lose that have two cores for four processes.
void tell_three_others_regardless(benchmark::State& state) {
  Bus bus(4);
  Listeners listeners(bus, Listeners::kCount);
  Member speaker(bus, 0);
  const std::string message = message_of(0);
  std::uint64_t sent = 0;
  for (auto _ : state) {
    speaker.publish(message);
    ++sent;
  }
  while (listeners.least() < sent) std::this_thread::yield();
  state.SetItemsProcessed(static_cast<std::int64_t>(sent));
  state.counters["lost_percent"] =
      100.0 * static_cast<double>(listeners.lost()) / static_cast<double>(sent) / Listeners::kCount;
}
BENCHMARK(tell_three_others_regardless)->UseRealTime();

/// From publish() to the call that hands it over, in one listener that sleeps in poll(2).
void wake_a_sleeper(benchmark::State& state) {
  Bus bus(2);
  Listeners listeners(bus, 1);
  Member speaker(bus, 0);
  static constexpr timespec kUntilItSleeps{0, 500'000};
  std::vector<std::uint64_t> latencies;
  std::uint64_t sent = 0;
  for (auto _ : state) {
    ::nanosleep(&kUntilItSleeps, nullptr);
    speaker.publish(message_of(telemetry::now_ns()));
    ++sent;
    while (listeners.report(0).received.load(std::memory_order_acquire) < sent) {
      std::this_thread::yield();
    }
    latencies.push_back(listeners.report(0).latency_ns);
    state.SetIterationTime(static_cast<double>(latencies.back()) * 1e-9);
  }
  std::ranges::sort(latencies);
  state.counters["median_us"] = static_cast<double>(latencies[latencies.size() / 2]) / 1000;
  state.counters["p99_us"] = static_cast<double>(latencies[latencies.size() * 99 / 100]) / 1000;
}
BENCHMARK(wake_a_sleeper)->UseManualTime()->Iterations(2'000);

}  // namespace
}  // namespace forkscope::bus
