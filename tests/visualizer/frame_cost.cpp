// What it costs the processor to build a frame: everything but the drawing itself, which is the
// graphics card's. Dear ImGui runs without a backend here, and the texture only counts.
//
//   build/release/bin/frame_cost
#include <benchmark/benchmark.h>
#include <imgui.h>

#include "app/fonts.h"
#include "history/history.h"
#include "no_texture.h"
#include "views/screen.h"

namespace forkscope {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kBegin = 1'000 * kSecond;
constexpr std::uint64_t kSeen = 40 * kSecond;

/// Forty seconds of `count` workers under load, of which a few hang.
class Past {
 public:
  explicit Past(std::uint32_t count) {
    for (std::uint64_t time = kBegin; time < kBegin + kSeen; time += history::kBinNs) {
      history_.add(picture(count, time), answers(count, time), {});
    }
  }
  const history::History& history() const { return history_; }

 private:
  static picture::Snapshot picture(std::uint32_t count, std::uint64_t time_ns) {
    picture::Snapshot picture;
    picture.attachment = picture::Attachment::live;
    picture.time_ns = time_ns;
    picture.server.port = 8000;
    picture.server.host = "127.0.0.1";
    picture.server.faults_enabled = true;
    picture.server.instance_id = 1;
    const std::uint64_t bins = (time_ns - kBegin) / history::kBinNs;
    for (std::uint32_t number = 1; number <= count; ++number) {
      telemetry::WorkerReport worker;
      worker.number = number;
      worker.pid = 10'000 + number;
      worker.generation = 1;
      worker.connections = 4;
      const bool hangs = number % 50 == 7;
      worker.state = hangs ? telemetry::WorkerState::hung : telemetry::WorkerState::busy;
      worker.requests = hangs ? 0 : bins * (1 + number % 40);
      worker.requests_per_second = hangs ? 0 : 10.0 * (1 + number % 40);
      if (hangs) {
        worker.in_flight = telemetry::InFlight{.start_ns = kBegin, .path = "/v1/faults/hang"};
      }
      picture.totals.requests += worker.requests;
      picture.workers.push_back(std::move(worker));
    }
    for (std::uint32_t core = 0; core < 64; ++core) {
      picture.cores.push_back({core, 0.01 * static_cast<double>(core), {core + 1}});
    }
    return picture;
  }
  static std::vector<picture::Answer> answers(std::uint32_t count, std::uint64_t time_ns) {
    std::vector<picture::Answer> all(16);
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].end_ns = time_ns - i;
      all[i].worker = static_cast<std::uint32_t>(i % count) + 1;
      all[i].status = 200;
      all[i].method = telemetry::Method::get;
      all[i].path_tail = "/v1/todos";
    }
    return all;
  }

  history::History history_;
};

void build_frame(benchmark::State& state) {
  const Past past(static_cast<std::uint32_t>(state.range(0)));
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.DisplaySize = {1600, 900};
  io.DeltaTime = 1.F / 60;
  views::Theme theme;
  app::load_fonts(theme);
  unsigned char* pixels = nullptr;
  int width = 0;
  int height = 0;
  io.Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);

  visualizer_test::NoTexture texture;
  const views::ViewState view_state;
  const picture::RunningServers servers;
  std::vector<views::Command> commands;
  const picture::Snapshot& latest = past.history().latest();
  std::size_t vertices = 0;
  for (auto _ : state) {
    commands.clear();
    ImGui::NewFrame();
    views::draw_screen({.history = past.history(),
                        .now = latest,
                        .calm = latest,
                        .time_ns = latest.time_ns,
                        .calm_time_ns = latest.time_ns,
                        .paused = false,
                        .replay = false,
                        .incidents = past.history().incidents(),
                        .state = view_state,
                        .load = {},
                        .lesson = {},
                        .acts_on = std::nullopt,
                        .servers = servers,
                        .latency_pixels = texture,
                        .commands = commands},
                       theme);
    ImGui::Render();
    vertices = static_cast<std::size_t>(ImGui::GetDrawData()->TotalVtxCount);
  }
  state.counters["vertices"] = static_cast<double>(vertices);
  ImGui::DestroyContext();
}
BENCHMARK(build_frame)->Arg(4)->Arg(16)->Arg(48)->Arg(96)->Arg(256)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace forkscope

BENCHMARK_MAIN();
