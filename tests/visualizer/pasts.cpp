#include "pasts.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scenario.h"

namespace forkscope::visualizer_test {

namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kSecond = 1'000 * kMs;

telemetry::EventRecord event_at(std::uint64_t time_ns, telemetry::EventKind kind,
                                std::uint16_t worker, std::uint32_t generation,
                                const std::string& text = {}) {
  telemetry::EventRecord event{};
  event.time_ns = time_ns;
  event.wall_clock_ns = 1'767'265'445 * kSecond + time_ns;
  event.kind = static_cast<std::uint16_t>(kind);
  event.worker = worker;
  event.generation = generation;
  event.pid = 4'194'000 + worker;
  event.text_bytes = static_cast<std::uint16_t>(text.copy(event.text, sizeof event.text));
  return event;
}

/// What a worker may be in, one after the other.
telemetry::WorkerReport troubled(std::uint32_t number, std::uint64_t now_ns) {
  using telemetry::WorkerState;
  constexpr WorkerState kStates[] = {
      WorkerState::backoff, WorkerState::hung,     WorkerState::aborting, WorkerState::draining,
      WorkerState::dead,    WorkerState::starting, WorkerState::busy,     WorkerState::unknown};
  telemetry::WorkerReport worker;
  worker.number = number;
  worker.pid = 4'194'000 + number;
  worker.generation = 4'321;
  worker.state = kStates[(number - 1) % std::size(kStates)];
  worker.connections = 12'345;
  worker.requests = 343 * (now_ns / (100 * kMs));
  worker.hang_kind = telemetry::HangKind::stopped;
  worker.stuck_since_ns = kSecond;
  worker.last_exit = telemetry::ExitReport{.cause = telemetry::ExitCause::signaled, .code = 11};
  if (worker.state == WorkerState::busy || worker.state == WorkerState::hung) {
    worker.in_flight = telemetry::InFlight{.start_ns = now_ns - std::min(now_ns, 2 * kSecond),
                                           .path = "/v1/todos/6f1c2a4e-1b5d-4e0a-9a7e-2f"};
  }
  return worker;
}

void add(Past& past, std::uint32_t workers, std::uint64_t after) {
  using telemetry::EventKind;
  picture::Snapshot picture;
  picture.attachment = picture::Attachment::live;
  picture.time_ns = past.start_ns + after;
  picture.wall_clock_ns = static_cast<std::int64_t>(1'767'265'445 * kSecond + picture.time_ns);
  picture.server.port = 18'000;
  picture.server.host = "127.0.0.1";
  picture.server.hang_after_ns = 2 * kSecond;
  picture.server.kill_after_ns = 5 * kSecond;
  picture.server.target_workers = workers;
  for (std::uint32_t number = 1; number <= workers; ++number) {
    picture.workers.push_back(troubled(number, picture.time_ns));
  }
  for (std::uint32_t core = 0; core < 64; ++core) {
    picture.cores.push_back({.number = core, .utilisation = 1, .workers = {core, core + 64}});
  }
  std::vector<telemetry::EventRecord> events;
  const auto happens = [&](std::uint64_t when_ms, telemetry::EventRecord event) {
    if (when_ms * kMs == after) events.push_back(event);
  };
  const std::uint64_t now = picture.time_ns;
  happens(0, event_at(now, EventKind::unprotected, 3, 1,
                      "its keeper could not be started: Operation not permitted"));
  telemetry::EventRecord hung =
      event_at(now, EventKind::hung, 2, 1, "DELETE /v1/todos/6f1c2a4e-1b5d-4e0a-9a7e");
  hung.since_ns = now - 20 * kSecond;
  hung.duration_ns = 20 * kSecond;
  hung.hang_kind = static_cast<std::uint16_t>(telemetry::HangKind::stopped);
  happens(500, hung);
  telemetry::EventRecord reload = event_at(now, EventKind::reload, 0, 0);
  reload.exit_code = 1;
  happens(1'000, reload);
  for (std::uint32_t generation = 1; generation < 20; ++generation) {
    telemetry::EventRecord exit = event_at(now, EventKind::exit, 1, generation);
    exit.exit_cause = static_cast<std::uint32_t>(telemetry::ExitCause::signaled);
    exit.exit_code = 11;
    exit.abandoned = 1'234;
    happens(1'000 + 100 * generation, exit);
    happens(1'000 + 100 * generation, event_at(now, EventKind::fork, 1, generation + 1));
  }
  telemetry::EventRecord backoff = event_at(now, EventKind::backoff, 1, 20);
  backoff.duration_ns = 30 * kSecond;
  happens(3'000, backoff);
  telemetry::EventRecord scale = event_at(now, EventKind::scale, 0, 0);
  scale.exit_code = 64;
  happens(3'200, scale);
  past.history.add(picture, {}, events);
}

}  // namespace

const Past& Past::of_scenario(std::uint32_t workers) {
  static std::map<std::uint32_t, std::unique_ptr<Past>> pasts;
  auto& past = pasts[workers];
  if (past) return *past;
  past = std::make_unique<Past>();
  past->start_ns = play_scenario(past->history, workers, 16);
  return *past;
}

const Past& Past::of_silence(std::uint32_t workers) {
  static std::map<std::uint32_t, std::unique_ptr<Past>> pasts;
  auto& past = pasts[workers];
  if (past) return *past;
  past = std::make_unique<Past>();
  past->start_ns = 100 * kSecond;
  picture::Snapshot picture;
  picture.attachment = picture::Attachment::live;
  picture.server.port = 8'000;
  picture.server.host = "127.0.0.1";
  picture.server.target_workers = workers;
  picture.server.protection = telemetry::Protection::off;
  picture.server.balance = telemetry::BalancePolicy::kernel;
  picture.workers.resize(workers);
  for (std::uint32_t number = 1; number <= workers; ++number) {
    telemetry::WorkerReport& worker = picture.workers[number - 1];
    worker.number = number;
    worker.pid = 4'000 + number;
    worker.generation = 1;
    worker.state = telemetry::WorkerState::idle;
    worker.connections = 12;
    worker.program.emplace();
  }
  for (std::uint64_t after = 0; after <= 2 * kSecond; after += 100 * kMs) {
    picture.time_ns = past->start_ns + after;
    picture.wall_clock_ns = static_cast<std::int64_t>(1'767'265'445 * kSecond + picture.time_ns);
    past->history.add(picture, {}, {});
  }
  return *past;
}

const Past& Past::of_trouble(std::uint32_t workers) {
  static std::map<std::uint32_t, std::unique_ptr<Past>> pasts;
  auto& past = pasts[workers];
  if (past) return *past;
  past = std::make_unique<Past>();
  past->start_ns = 100 * kSecond;
  for (std::uint64_t after = 0; after <= 4 * kSecond; after += 100 * kMs) {
    add(*past, workers, after);
  }
  return *past;
}

}  // namespace forkscope::visualizer_test
