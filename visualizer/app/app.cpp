#include "app/app.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <utility>

#include "app/keyboard.h"
#include "forkscope/telemetry/names.h"
#include "forkscope/telemetry/worker_report.h"
#include "views/latency.h"
#include "views/moves.h"
#include "views/screen.h"

namespace forkscope::app {

using picture::Attachment;
using views::Command;

namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kLivelyFrameNs = 33 * kMs;
constexpr std::uint64_t kQuietFrameNs = 220 * kMs;
constexpr std::uint64_t kWaitedFrameNs = 500 * kMs;
constexpr std::chrono::milliseconds kLastFrameBound{1000};
constexpr std::uint64_t kScreenshotCollectNs = 2'000 * kMs;
constexpr std::uint64_t kScreenshotGiveUpNs = 5'000 * kMs;

}  // namespace

App::App(const Options& options, views::DrawingObserver* observer)
    : options_(options),
      observer_(observer),
      window_(options.width, options.height,
              options.screenshot.empty() ? Visibility::shown : Visibility::hidden),
      latency_pixels_(window_.gl(), views::kLatencyColumns, views::kLatencyRows),
      session_(options.session) {
  if (!window_.remark().empty()) std::cerr << "todos-visualizer: " << window_.remark() << '\n';
  state_.theme = options.theme;
  state_.scale = options.scale;
  if (session_.is_replay()) window_.set_title("Forkscope replay of " + options.session.replay);
}

int App::run() {
  std::uint64_t drawn_ns = 0;
  while (!window_.should_close()) {
    // The screen must not take from the server what it is there to show: at most a fifth of one
    // core goes into drawing, also where the processor does the graphics card's work.
    const std::uint64_t pace = std::max(kLivelyFrameNs, 5 * frame_cost_ns_);
    const bool lively = is_lively();
    const std::uint64_t interval = lively && !session_.playhead().paused() ? pace : kQuietFrameNs;
    // Records are read at the full rate also while the picture is paused: the lanes are short.
    window_.wait_events(static_cast<double>(lively ? kLivelyFrameNs : kQuietFrameNs) / 1e9);
    poll();
    for (const KeyPress& press : window_.take_keys()) {
      if (const auto command = command_of(press)) perform(*command);
    }
    if (!window_.ready()) continue;  // the screen does not take the latest frame yet
    follow_frame();
    const std::uint64_t now = telemetry::now_ns();
    const bool touched = window_.take_activity() && now - drawn_ns >= pace;
    if (!touched && now - drawn_ns < interval) continue;

    draw(std::exchange(wanted_png_, {}));
    drawn_ns = now;
    for (const Command& command : std::exchange(commands_, {})) perform(command);
  }
  teacher_.leave();
  // What was recorded is in its file. A screen that never takes the latest frame must not keep the
  // process: OpenGL does not give its thread back.
  if (!window_.ready(kLastFrameBound)) std::_Exit(0);
  return 0;
}

void App::follow_frame() {
  const auto shown = window_.take_shown();
  if (!shown) return;
  // One that had to wait for the screen says nothing: the others went on working meanwhile.
  if (shown->took_ns < kWaitedFrameNs) frame_cost_ns_ = shown->cpu_ns;
  if (shown->png_path.empty()) return;
  notify(shown->error.empty() ? "Saved " + shown->png_path : "Not saved: " + shown->error);
}

int App::take_screenshot(const std::string& path) {
  if (session_.is_replay()) {
    // The same recording gives the same picture, to the byte: no clock is looked at.
    if (!session_.playhead().paused()) session_.playhead().to_end();
  } else if (!collect_for_screenshot()) {
    return 1;
  }
  const std::string notice = session_.take_notice();
  if (!notice.empty()) std::cerr << "todos-visualizer: " << notice << '\n';
  draw(path);
  window_.gl().run([] {});  // until it is written
  const auto shown = window_.take_shown();
  if (shown->error.empty()) return 0;
  std::cerr << "todos-visualizer: " << shown->error << '\n';
  return 1;
}

/// Waits until there is something to see. Says why when there is nothing.
bool App::collect_for_screenshot() {
  const std::uint64_t begin = telemetry::now_ns();
  for (;;) {
    window_.wait_events(static_cast<double>(kLivelyFrameNs) / 1e9);
    poll();
    const std::uint64_t waited = telemetry::now_ns() - begin;
    const bool live = session_.history().latest().attachment == Attachment::live;
    if (waited >= kScreenshotCollectNs && live) return true;
    if (waited >= kScreenshotGiveUpNs || (waited >= kScreenshotCollectNs && !live)) {
      std::cerr << "todos-visualizer: no server to attach to: "
                << session_.history().latest().attachment_detail << '\n';
      return false;
    }
  }
}

void App::poll() {
  session_.poll();
  operator_.poll(telemetry::now_ns());
  if (!session_.is_replay()) {
    if (options_.screenshot.empty()) server_choice_.offer(options_.session.port);
    teacher_.update();
    const auto server = operator_.server();
    window_.set_title(server ? "Forkscope " + telemetry::authority(server->host, server->port)
                             : "Forkscope");
  }
  take_notices();
}

/// Whether anything moves that is worth the full frame rate.
bool App::is_lively() const {
  const std::uint64_t clock_ns = telemetry::now_ns();
  if (session_.playhead().playing(session_.history(), clock_ns)) return true;
  if (!notice_.text(clock_ns).empty() || operator_.waits()) return true;
  if (session_.is_replay()) return false;
  const picture::Snapshot& now = session_.history().latest();
  if (now.attachment != Attachment::live) return false;
  if (!views::flights_at(session_.history(), session_.view_time(clock_ns)).empty()) return true;
  if (now.totals.requests_per_second >= 1) return true;
  return std::any_of(now.workers.begin(), now.workers.end(),
                     [](const telemetry::WorkerReport& worker) {
                       return worker.state != telemetry::WorkerState::idle;
                     });
}

views::View App::view() {
  const history::History& history = session_.history();
  const std::uint64_t time_ns = session_.view_time(telemetry::now_ns());
  const bool paused = session_.playhead().paused();
  // A picture that stands still is exact in all of its figures.
  const std::uint64_t calm_time_ns = paused ? time_ns : time_ns - time_ns % views::kCalmNs;
  incidents_ = history.incidents(time_ns);
  servers_ = session_.servers();
  return {.history = history,
          .now = history.at(time_ns),
          .calm = history.at(calm_time_ns),
          .time_ns = time_ns,
          .calm_time_ns = calm_time_ns,
          .paused = paused,
          .replay = session_.is_replay(),
          .recording = session_.is_recording(),
          .incidents = incidents_,
          .state = state_,
          .load = {operator_.load_options(), operator_.load_status(), operator_.load_has_posts(),
                   operator_.why_no_load().empty()},
          .lesson = teacher_.page(),
          .acts_on = operator_.server(),
          .offer = operator_.offer(),
          .servers = servers_,
          .latency_pixels = latency_pixels_,
          .commands = commands_,
          .comparison = {teacher_.comparison().rows(), teacher_.comparison().progress()}};
}

void App::draw(const std::string& png_path) {
  theme_.kind = state_.theme;
  state_.notice = notice_.text(telemetry::now_ns());
  state_.pointing = window_.is_pointing();
  window_.fit_theme(theme_, state_.scale * (state_.presenter ? views::kPresenterScale : 1.F));
  window_.begin_frame();
  views::draw_screen(view(), theme_, observer_);
  window_.end_frame(png_path);
}

}  // namespace forkscope::app
