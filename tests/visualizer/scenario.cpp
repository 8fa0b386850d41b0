#include "scenario.h"

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "history/history.h"
#include "recording/recorder.h"

namespace forkscope::visualizer_test {

using telemetry::EventKind;
using telemetry::EventRecord;
using telemetry::MoveReason;
using telemetry::WorkerReport;
using telemetry::WorkerState;

namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kSecond = 1'000 * kMs;
constexpr std::uint64_t kStart = 7'200 * kSecond;
constexpr std::uint64_t kStep = 50 * kMs;
constexpr std::uint64_t kEnd = 40 * kSecond;
constexpr std::uint64_t kWallClockStart = 1'767'265'445 * kSecond;  // 11:04:05 UTC
constexpr std::string_view kHang = "/v1/faults/hang";

struct Period {
  std::uint32_t worker;
  std::uint64_t from;
  std::uint64_t to;
};
constexpr Period kHangs[] = {{3, 12 * kSecond, 17 * kSecond},
                             {1, 32 * kSecond, 99 * kSecond},
                             {2, 32'400 * kMs, 99 * kSecond},
                             {3, 32'800 * kMs, 99 * kSecond},
                             {4, 33'200 * kMs, 99 * kSecond}};
constexpr std::uint64_t kCrash = 22 * kSecond;  // of worker 2
constexpr std::uint64_t kAway = 27 * kSecond;   // nobody looks
constexpr std::uint64_t kBack = 28'500 * kMs;

const Period* hang_at(std::uint32_t worker, std::uint64_t at) {
  for (const Period& hang : kHangs) {
    if (hang.worker == worker && at >= hang.from && at < hang.to) return &hang;
  }
  return nullptr;
}

class Scenario {
 public:
  Scenario(std::uint32_t count, std::uint32_t connections)
      : connections_(connections), done_(count + 1), generations_(count + 1, 1) {}

  void play(history::History& history) {
    for (std::uint64_t at = 0; at <= kEnd; at += kStep) {
      serve(at);
      std::vector<EventRecord> events = happen(at);
      if (at > kAway && at < kBack) continue;
      history.add(picture(at), answers(at), events, latencies());
      taken_.assign(taken_.size(), 0);
      if (at == 25 * kSecond) history.add_marker(kStart + at);
    }
  }

 private:
  std::uint32_t count() const { return static_cast<std::uint32_t>(done_.size()) - 1; }

  /// Each worker's requests of one step: more while others do not take any.
  void serve(std::uint64_t at) {
    taken_.resize(done_.size());
    for (std::uint32_t number = 1; number <= count(); ++number) {
      const bool idle = at < 2 * kSecond || hang_at(number, at);
      const std::uint64_t count = idle ? 0 : 20 + (number * 7 + at / kStep * 3) % 9;
      done_[number] += count;
      taken_[number] += static_cast<std::uint32_t>(count);
    }
  }

  EventRecord event(std::uint64_t at, EventKind kind, std::uint32_t worker) const {
    EventRecord record{};
    record.time_ns = kStart + at;
    record.wall_clock_ns = kWallClockStart + at;
    record.kind = static_cast<std::uint16_t>(kind);
    record.worker = static_cast<std::uint16_t>(worker);
    record.generation = generations_[worker];
    record.pid = 4'710 + worker + 100 * (generations_[worker] - 1);
    for (const std::uint64_t requests : done_) record.served_total += requests;
    return record;
  }

  void end(std::vector<EventRecord>& events, std::uint64_t at, std::uint32_t worker, int signal,
           std::uint64_t back_after) {
    // All of it is told at `at`, when it is over.
    EventRecord exit = event(at - back_after, EventKind::exit, worker);
    exit.exit_cause = static_cast<std::uint32_t>(telemetry::ExitCause::signaled);
    exit.exit_code = static_cast<std::uint32_t>(signal);
    exit.abandoned = 1;
    events.push_back(exit);
    ++abandoned_;
    ++generations_[worker];
    events.push_back(event(at - back_after + kMs, EventKind::fork, worker));
    EventRecord ready = event(at, EventKind::listening, worker);
    ready.duration_ns = back_after - kMs;
    events.push_back(ready);
  }

  /// From one worker, evenly to others: no more of them than the text has room for.
  void move_away(std::vector<EventRecord>& events, std::uint64_t at, std::uint32_t worker,
                 MoveReason reason) const {
    if (connections_ < 2) return;
    const std::uint32_t moved = connections_ - 1;
    const std::uint32_t others = std::min(count() - 1, 7U);
    std::string to;
    for (std::uint32_t i = 0; i < others; ++i) {
      const std::uint32_t number = i + 1 < worker ? i + 1 : i + 2;
      const std::uint32_t share = (moved + others - 1 - i) / others;
      to += (i == 0 ? "" : " ") + std::to_string(number) + ':' + std::to_string(share);
    }
    events.push_back(move(at, worker, reason, moved, to));
  }

  /// A third of the connections of each of the first three others, to a worker that is new.
  void move_back(std::vector<EventRecord>& events, std::uint64_t at, std::uint32_t worker) const {
    const std::uint32_t share = connections_ / 3;
    for (std::uint32_t number = 1; number <= std::min(count(), 4U) && share > 0; ++number) {
      if (number == worker) continue;
      events.push_back(move(at, number, MoveReason::balance, share,
                            std::to_string(worker) + ':' + std::to_string(share)));
    }
  }

  EventRecord move(std::uint64_t at, std::uint32_t worker, MoveReason reason,
                   std::uint32_t connections, const std::string& to) const {
    EventRecord record = event(at, EventKind::moved, worker);
    record.exit_cause = static_cast<std::uint32_t>(reason);
    record.exit_code = connections;
    record.duration_ns = 3 * kMs;
    record.since_ns = record.time_ns - record.duration_ns;
    record.text_bytes = static_cast<std::uint16_t>(to.copy(record.text, sizeof record.text));
    return record;
  }

  std::vector<EventRecord> happen(std::uint64_t at) {
    std::vector<EventRecord> events;
    if (at == 0) {
      for (std::uint32_t number = 1; number <= count(); ++number) {
        events.push_back(event(at, EventKind::listening, number));
        events.back().duration_ns = 2 * kMs;
      }
    }
    for (const Period& hang : kHangs) {
      if (hang.worker > count()) continue;
      if (at == hang.from + 2 * kSecond) {
        EventRecord record = event(at, EventKind::hung, hang.worker);
        record.since_ns = kStart + hang.from;
        record.duration_ns = 2 * kSecond;
        record.hang_kind = static_cast<std::uint16_t>(telemetry::HangKind::spin);
        const std::string text = "GET " + std::string(kHang);
        record.text_bytes = static_cast<std::uint16_t>(text.copy(record.text, sizeof record.text));
        events.push_back(record);
        if (hang.from == kHangs[0].from) move_away(events, at, hang.worker, MoveReason::hang);
      }
      if (at == hang.to) {
        events.push_back(event(at - 40 * kMs, EventKind::abort, hang.worker));
        end(events, at, hang.worker, SIGABRT, 38 * kMs);
      }
    }
    if (count() < 3) return events;
    if (at == kHangs[0].to + kStep) move_back(events, at, kHangs[0].worker);
    if (at == kCrash) {
      move_away(events, at, 2, MoveReason::crash);
      end(events, at, 2, SIGSEGV, 4 * kMs);
    }
    if (at == kCrash + kStep) move_back(events, at, 2);
    return events;
  }

  picture::Snapshot picture(std::uint64_t at) const {
    picture::Snapshot picture;
    picture.attachment = picture::Attachment::live;
    picture.time_ns = kStart + at;
    picture.wall_clock_ns = static_cast<std::int64_t>(kWallClockStart + at);
    picture.server = {.port = 8000,
                      .host = "127.0.0.1",
                      .version = "0.1.0",
                      .primary_pid = 4'710,
                      .instance_id = 1,
                      .hang_after_ns = 2 * kSecond,
                      .kill_after_ns = 5 * kSecond,
                      .target_workers = count(),
                      .faults_enabled = true};
    for (std::uint32_t number = 1; number <= count(); ++number) {
      picture.workers.push_back(worker(number, at));
      picture.totals.requests += done_[number];
      picture.totals.requests_per_second += picture.workers.back().requests_per_second;
    }
    picture.totals.p99_ms = at < 2 * kSecond ? 0 : 1.8;
    picture.totals.abandoned = abandoned_;
    picture.totals.lost_records = at < kBack ? 0 : 3'210;
    for (std::uint32_t core = 0; core < 4; ++core) {
      const std::uint64_t work = at < 2 * kSecond ? 2 : 40 + (at / kStep * (core + 3)) % 30;
      const std::uint64_t use = is_burnt(core, at) ? 97 : work;
      picture.cores.push_back({core, static_cast<double>(use) / 100, {}});
    }
    return picture;
  }

  /// By a worker that spins.
  bool is_burnt(std::uint32_t core, std::uint64_t at) const {
    for (std::uint32_t number = 1; number <= count(); ++number) {
      if (core_of(number) == core && hang_at(number, at)) return true;
    }
    return false;
  }

  static std::uint32_t core_of(std::uint32_t number) { return number % 4; }

  WorkerReport worker(std::uint32_t number, std::uint64_t at) const {
    WorkerReport worker;
    worker.number = number;
    worker.generation = generations_[number];
    worker.pid = 4'710 + number + 100 * (worker.generation - 1);
    worker.core = core_of(number);
    worker.connections = connections_ != 0 ? connections_ : 4;
    worker.requests = done_[number];
    worker.uptime_ns = at;
    if (worker.generation > 1) worker.uptime_ns = at - (number == 2 ? kCrash : 17 * kSecond);
    worker.state = at < 2 * kSecond ? WorkerState::idle : WorkerState::busy;
    worker.requests_per_second = at < 2 * kSecond ? 0 : 440 + 4.0 * (number % 10);
    if (const Period* hang = hang_at(number, at)) {
      worker.requests_per_second = 0;
      worker.in_flight = telemetry::InFlight{done_[number] + 1, kStart + hang->from, 1,
                                             telemetry::Method::get, std::string(kHang)};
      if (at >= hang->from + 2 * kSecond) {
        worker.state = WorkerState::hung;
        worker.hang_kind = telemetry::HangKind::spin;
        worker.stuck_since_ns = kStart + hang->from;
        worker.kill_at_ns = kStart + hang->from + 5 * kSecond;
      }
    }
    return worker;
  }

  std::vector<picture::Answer> answers(std::uint64_t at) const {
    std::vector<picture::Answer> all;
    for (std::uint32_t i = 0; i < 8; ++i) {
      const std::uint32_t number = 1 + (i + static_cast<std::uint32_t>(at / kStep)) % count();
      if (taken_[number] == 0) continue;
      picture::Answer answer;
      answer.end_ns = kStart + at - (8 - i) * kMs;
      answer.duration_ns = (120 + 40 * i) * 1'000;
      answer.id = done_[number] - 8 + i;
      answer.worker = number;
      answer.status = i % 4 == 0 ? 201 : 200;
      answer.method = i % 4 == 0 ? telemetry::Method::post : telemetry::Method::get;
      answer.path_tail = "/v1/todos";
      all.push_back(answer);
    }
    return all;
  }

  std::vector<picture::LatencyCount> latencies() const {
    std::vector<picture::LatencyCount> counts;
    for (std::uint32_t number = 1; number <= count(); ++number) {
      if (taken_[number] == 0) continue;
      const auto add = [&](std::uint64_t ns, std::uint32_t requests) {
        counts.push_back({static_cast<std::uint16_t>(number), picture::latency_row(ns), requests});
      };
      add(90'000, taken_[number] / 2);
      add(130'000, taken_[number] - taken_[number] / 2 - 1);
      add((1 + number % 3) * kMs, 1);
    }
    return counts;
  }

  std::uint32_t connections_;               // of each worker; 0: they do not move
  std::vector<std::uint64_t> done_;         // requests by worker number
  std::vector<std::uint32_t> taken_;        // of them, since the latest picture
  std::vector<std::uint32_t> generations_;  // by worker number
  std::uint64_t abandoned_ = 0;
};

}  // namespace

std::uint64_t play_scenario(history::History& history, std::uint32_t workers,
                            std::uint32_t connections) {
  Scenario(workers, connections).play(history);
  return kStart;
}

void record_scenario(const std::filesystem::path& file, std::uint32_t workers,
                     std::uint32_t connections) {
  recording::Recorder recorder(file.string());
  history::History history;
  history.set_sink([&](const codec::FrameEncoder::Encoded& frame) { recorder.add(frame); });
  play_scenario(history, workers, connections);
  if (!recorder.error().empty()) throw std::runtime_error(recorder.error());
}

}  // namespace forkscope::visualizer_test
