// A scripted run of a server, as a source would tell it: load, a hang with its end, a crash, lost
// records, a marker, workers that come and go. For tests of history and recordings.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "event_builder.h"
#include "history/history.h"

namespace forkscope::test {

inline constexpr std::uint64_t kScriptStart = 5'000 * kSecond + 3 * kMillisecond;
inline constexpr std::uint64_t kScriptPolls = 900;  // 33 ms apart: about half a minute

inline picture::Snapshot scripted_picture(std::uint64_t poll, std::uint32_t workers) {
  picture::Snapshot snapshot;
  snapshot.attachment = picture::Attachment::live;
  snapshot.time_ns = kScriptStart + poll * 33 * kMillisecond;
  snapshot.wall_clock_ns =
      static_cast<std::int64_t>(1'700'000'000 * kSecond + poll * 33 * kMillisecond);
  snapshot.server = {
      .port = 8000,
      .host = "127.0.0.1",
      .version = "0.1.0",
      .primary_pid = 4'000,
      .instance_id = 77,
      .hang_after_ns = 2 * kSecond,
      .kill_after_ns = 5 * kSecond,
      .target_workers = workers,
      .faults_enabled = true,
      .protection = poll < 400 ? telemetry::Protection::on : telemetry::Protection::off,
      .balance = static_cast<telemetry::BalancePolicy>(1 + poll / 150),
      .beat_age_ns = poll % 7 * kMillisecond};
  for (std::uint32_t number = 1; number <= workers; ++number) {
    telemetry::WorkerReport worker;
    worker.number = number;
    worker.pid = 4'100 + number;
    worker.generation = 1 + static_cast<std::uint32_t>(poll / 500);
    worker.state =
        poll % (number + 1) == 0 ? telemetry::WorkerState::idle : telemetry::WorkerState::busy;
    worker.phase = telemetry::Phase::handling;
    worker.core = (number + static_cast<std::uint32_t>(poll / 10)) % 4;
    worker.connections = number % 5;
    if (poll > 700) worker.program = telemetry::ProgramReport{poll, poll / 7, poll % 5};
    worker.queue_limit = poll > 600 ? 4'096 : 0;
    worker.queue_length = poll > 600 ? static_cast<std::uint32_t>(poll % 3) : 0;
    worker.requests = poll * (3 + number % 4);
    worker.requests_per_second = 90.5;
    worker.uptime_ns = poll * 33 * kMillisecond;
    if (worker.state == telemetry::WorkerState::busy) {
      worker.busy_since_ns = snapshot.time_ns - number * 1'000;
      worker.in_flight = telemetry::InFlight{worker.requests + 1, worker.busy_since_ns, number,
                                             telemetry::Method::post,
                                             "/v1/todos/" + std::to_string(poll * number % 90)};
    }
    if (poll > 500) {
      worker.last_exit = telemetry::ExitReport{telemetry::ExitCause::signaled, 11, true, false, 1,
                                               kScriptStart + 16 * kSecond};
      worker.respawns = 1;
    }
    snapshot.totals.requests += worker.requests;
    snapshot.workers.push_back(worker);
  }
  snapshot.totals.requests_per_second = 123.4;
  snapshot.totals.p99_ms = 1.75;
  snapshot.totals.errors = poll / 40;
  if (poll > 20) snapshot.totals.closed = poll / 3;
  snapshot.totals.moved = {poll / 200 * 15, poll / 400, poll / 7, 3};
  snapshot.totals.lost_records = poll > 300 ? 1'234 : 0;
  snapshot.totals.lost_events = poll > 300 ? 4 : 0;
  for (std::uint32_t core = 0; core < 4; ++core) {
    picture::CoreSample& sample = snapshot.cores.emplace_back();
    sample.number = core;
    sample.utilisation = static_cast<double>((poll + core) % 11) / 10;
    if (core != 2) sample.own = sample.utilisation / 2;  // what was not known stays so
  }
  picture::assign_workers_to_cores(snapshot);
  return snapshot;
}

/// Feeds the whole script, as a live source would.
inline void play_script(history::History& history, std::uint32_t workers,
                        std::uint64_t polls = kScriptPolls) {
  using telemetry::EventKind;
  for (std::uint64_t poll = 0; poll < polls; ++poll) {
    picture::Snapshot snapshot = scripted_picture(poll, workers);
    const std::uint64_t now = snapshot.time_ns;
    std::vector<picture::Answer> answers;
    for (std::uint64_t i = 0; i < poll % 5; ++i) {
      picture::Answer answer;
      answer.end_ns = now - (5 - i) * kMillisecond;
      answer.duration_ns = (1 + i) * kMillisecond;
      answer.id = poll * 5 + i;
      answer.worker = 1 + static_cast<std::uint32_t>(i) % workers;
      answer.status = 201;
      answer.method = telemetry::Method::post;
      if (i == 3) answer.heard_from = 1;
      answer.path_tail = "…/todos/" + std::to_string(i);
      answers.push_back(answer);
    }
    std::vector<telemetry::EventRecord> events;
    if (poll == 200) events.push_back(hung(now, 1, 1, now - 2 * kSecond, "GET /v1/faults/hang"));
    if (poll == 201) {
      events.push_back(moved(now, 1, 1, telemetry::MoveReason::hang, 15, "2:8 3:7"));
    }
    if (poll == 290) {
      events.push_back(event(now - 2, EventKind::abort, 1, 1));
      events.push_back(exited(now - 1, 1, 1, telemetry::ExitCause::signaled, SIGABRT, 1));
    }
    if (poll == 292) events.push_back(event(now, EventKind::listening, 1, 2, 9'999));
    if (poll == 500) {
      events.push_back(exited(now, 2, 1, telemetry::ExitCause::signaled, SIGSEGV, 1));
    }
    if (poll == 504) events.push_back(event(now, EventKind::listening, 2, 2));
    if (poll == 600) history.add_marker(now - kMillisecond);
    const std::vector<picture::LatencyCount> latency = {
        {1, picture::latency_row(kMillisecond * (1 + poll % 30)), 3}, {1, 20, 2}};
    history.add(snapshot, answers, events, latency);
  }
}

}  // namespace forkscope::test
