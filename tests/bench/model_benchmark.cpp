// What reading, remembering and looking back cost at 256 workers: one capture step, and one frame's
// questions.
#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include "forkscope/telemetry/segment.h"
#include "history/history.h"
#include "live/live_source.h"
#include "unit/recording_script.h"
#include "unit/segment_host.h"

namespace forkscope {
namespace {

constexpr std::uint32_t kWorkers = 256;
constexpr std::uint16_t kPort = 8000;

/// A step of the live source and the history, with a request per worker in between. `pause` apart:
/// at 0, what is done at each turn of the loop; at 100 ms, with a frame and with the histograms.
void capture(benchmark::State& state, std::chrono::milliseconds pause) {
  const test::RuntimeDirectory directory;
  telemetry::SegmentOptions options = test::small_segment(kPort);
  options.slots = kWorkers;
  test::SegmentHost host(options);
  std::vector<telemetry::SlotWriter> slots;
  for (std::uint32_t number = 1; number <= kWorkers; ++number) {
    slots.push_back(host.start_worker(number, 4'000 + number));
  }
  live::LiveSource source(kPort);
  history::History history;
  std::uint64_t poll = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::uint64_t now = telemetry::now_ns();
    for (telemetry::SlotWriter& slot : slots) {
      auto request = slot.begin_request(now, telemetry::Method::get, "/v1/todos", 1);
      slot.end_request(request, now + 50'000 + poll % 7 * 1'000, 200, 100);
    }
    host.beat();
    ++poll;
    std::this_thread::sleep_for(pause);
    state.ResumeTiming();
    source.poll();
    history.add(source.snapshot(), source.answers(), source.events(), source.latency());
  }
}
void captures_a_step(benchmark::State& state) { capture(state, std::chrono::milliseconds(0)); }
BENCHMARK(captures_a_step)->Unit(benchmark::kMicrosecond);
void captures_a_step_with_a_frame(benchmark::State& state) {
  capture(state, std::chrono::milliseconds(101));
}
BENCHMARK(captures_a_step_with_a_frame)->Unit(benchmark::kMicrosecond)->Iterations(50);

/// A frame of the recording: history alone, with what 256 busy workers change in 100 ms.
void adds_a_frame(benchmark::State& state) {
  history::History history;
  std::uint64_t poll = 0;
  std::vector<picture::Answer> answers(picture::kAnswersPerFrame);
  for (auto _ : state) {
    state.PauseTiming();
    const picture::Snapshot snapshot = test::scripted_picture(3 * ++poll, kWorkers);
    for (picture::Answer& answer : answers) answer.end_ns = snapshot.time_ns - 1'000;
    state.ResumeTiming();
    history.add(snapshot, answers, {});
  }
  state.counters["bytes/frame"] =
      static_cast<double>(history.picture_bytes()) / static_cast<double>(poll);
}
BENCHMARK(adds_a_frame)->Unit(benchmark::kMicrosecond)->Iterations(6'000);

const history::History& ten_minutes() {
  static const history::History history = [] {
    history::History filled;
    test::play_script(filled, kWorkers, 3 * history::kHistoryBins);
    return filled;
  }();
  return history;
}

/// What all panels ask for a frame at a view time in the past.
void answers_a_frame(benchmark::State& state) {
  const history::History& history = ten_minutes();
  std::uint64_t time_ns = history.newest_ns() - 300'000'000'000;
  std::array<history::WorkerBin, 300> bins;
  std::array<history::TimeBin, 300> timeline;
  for (auto _ : state) {
    time_ns += 33'000'000;  // plays on
    if (time_ns > history.newest_ns()) time_ns -= 300'000'000'000;
    benchmark::DoNotOptimize(history.at(time_ns).workers.size());
    for (std::uint32_t number = 1; number <= kWorkers; ++number) {
      history.worker_bins(number, time_ns, bins);
      benchmark::DoNotOptimize(bins);
    }
    history.timeline(time_ns, timeline);
    benchmark::DoNotOptimize(history.incidents(time_ns));
    benchmark::DoNotOptimize(history.answers(time_ns, 20));
    benchmark::DoNotOptimize(history.share(time_ns, 10'000'000'000));
  }
}
BENCHMARK(answers_a_frame)->Unit(benchmark::kMicrosecond);

/// A jump to somewhere else: the picture has to be decoded from its key frame.
void jumps(benchmark::State& state) {
  const history::History& history = ten_minutes();
  std::uint64_t step = 0;
  for (auto _ : state) {
    const std::uint64_t back = (++step * 7'919) % 5'900 * 100'000'000;
    benchmark::DoNotOptimize(history.at(history.newest_ns() - back).workers.size());
  }
}
BENCHMARK(jumps)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace forkscope
