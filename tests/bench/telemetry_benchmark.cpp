// What it costs a request to be seen, and a viewer to look.
#include <benchmark/benchmark.h>

#include "forkscope/telemetry/segment.h"
#include "forkscope/telemetry/segment_view.h"
#include "forkscope/telemetry/worker_report.h"

namespace forkscope::telemetry {
namespace {

/// All that telemetry adds to a request, its one look at the clock included.
void report_a_request(benchmark::State& state) {
  const Segment segment = Segment::create({});
  SlotWriter slot = segment.slot(0);
  slot.start_generation(1, now_ns());
  std::uint64_t clock_ns = now_ns();
  for (auto _ : state) {
    BegunRequest request = slot.begin_request(clock_ns, Method::get, "/v1/todos", 1);
    clock_ns = now_ns();
    slot.end_request(request, clock_ns, 200, 500);
  }
}
BENCHMARK(report_a_request);

void look_at_the_clock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(now_ns());
}
BENCHMARK(look_at_the_clock);

void follow_a_lane(benchmark::State& state) {
  const Segment segment = Segment::create({});
  const auto view = SegmentView::over(segment.data(), segment.size());
  SlotWriter slot = segment.slot(0);
  slot.start_generation(1, now_ns());
  LaneCursor<RequestRecord> cursor(view.requests(0));
  for (auto _ : state) {
    state.PauseTiming();
    for (int i = 0; i < 256; ++i) {
      BegunRequest request = slot.begin_request(1, Method::get, "/v1/todos", 1);
      slot.end_request(request, 2, 200, 500);
    }
    state.ResumeTiming();
    while (auto record = cursor.next()) benchmark::DoNotOptimize(record);
  }
  state.SetItemsProcessed(256 * state.iterations());
}
BENCHMARK(follow_a_lane);

}  // namespace
}  // namespace forkscope::telemetry
