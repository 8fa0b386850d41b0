// Pictures of a made-up server, for tests of what is made of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "event_builder.h"
#include "picture/snapshot.h"

namespace forkscope::test {

/// When the first picture is from.
inline constexpr std::uint64_t kStart = 5'000 * kSecond;

/// Worker 1 has ended so many requests in all.
inline picture::Snapshot picture(std::uint64_t time_ns, std::uint64_t requests,
                                 telemetry::WorkerState state = telemetry::WorkerState::idle) {
  picture::Snapshot snapshot;
  snapshot.attachment = picture::Attachment::live;
  snapshot.time_ns = time_ns;
  snapshot.server.instance_id = 1;
  telemetry::WorkerReport worker;
  worker.number = 1;
  worker.generation = 1;
  worker.state = state;
  worker.requests = requests;
  snapshot.workers.push_back(worker);
  snapshot.cores.push_back({0, 0.5, {1}});
  return snapshot;
}

/// `count` busy workers, each with a request in its hands, as of picture `i` of a run at ten per
/// second.
inline picture::Snapshot crowd(std::size_t count, std::uint64_t i) {
  picture::Snapshot snapshot =
      picture(kStart + i * 100 * kMillisecond, 0, telemetry::WorkerState::busy);
  telemetry::WorkerReport worker = snapshot.workers[0];
  snapshot.workers.clear();
  for (std::uint32_t number = 1; number <= count; ++number) {
    worker.number = number;
    worker.pid = 4'000 + number;
    worker.core = static_cast<std::uint32_t>((number + i) % 64);
    worker.requests = (1'000 + number) * i;
    worker.requests_per_second = 160 + static_cast<double>((number * 7 + i * 13) % 40);
    worker.busy_since_ns = snapshot.time_ns - 1'000 * ((number * 31 + i * 17) % 997);
    worker.in_flight = telemetry::InFlight{worker.requests + 1, worker.busy_since_ns, number,
                                           telemetry::Method::get,
                                           "/v1/todos/" + std::to_string((number * 7 + i) % 500)};
    snapshot.workers.push_back(worker);
    snapshot.totals.requests += worker.requests;
  }
  return snapshot;
}

}  // namespace forkscope::test
