#include "drawn_screen.h"

#include <imgui.h>

#include <optional>

#include "app/fonts.h"
#include "lessons/course.h"
#include "views/screen.h"

namespace forkscope::visualizer_test {

namespace {

constexpr std::uint64_t kMs = 1'000'000;

/// Figures as long as they get.
picture::Snapshot with_long_figures(picture::Snapshot now, picture::Attachment attachment) {
  now.attachment = attachment;
  now.attachment_detail =
      "No control socket of a server in /run/user/1000/forkscope, nor in /tmp/forkscope-1000.";
  now.server.protection = telemetry::Protection::on;
  for (auto& worker : now.workers) {
    worker.pid += 4'190'000;
    worker.generation += 20;
    worker.connections += 1'000;
    worker.requests_per_second *= 17.3;
  }
  now.totals.requests_per_second *= 17.3;
  now.totals.errors = 12'345;
  now.totals.abandoned += 123;
  now.totals.waiting = 1'234;
  now.totals.moved = {1'234, 123, 12, 1};
  now.observer_cpu = 0.12;
  for (auto& core : now.cores) core.own = core.utilisation / 2;
  return now;
}

load::LoadStatus load_status() {
  load::LoadStatus load;
  load.running = true;
  load.answered = 1'234'567;
  load.broken = 15;
  load.failed = 1'234;
  load.waiting = 64;
  load.requests_per_second = 41'234;
  load.p50_ns = 123'000;
  load.p99_ns = 456 * kMs;
  load.max_ns = 4'567 * kMs;
  return load;
}

lessons::Page lesson_page(const picture::Snapshot& now, bool answered) {
  static const std::vector<history::Incident> kNone;
  lessons::Course course;
  const lessons::Situation situation{now, kNone, {}};
  course.next(situation);
  course.choose(1);
  lessons::Page page = course.page(situation);
  if (!answered) return page;
  page.step = lessons::Step::answer;
  page.answer = lessons::Answer{
      "Of 1,234,567 requests worker 3 answered none for 5.0 s, and the others 1,234,000.",
      "The kernel wakes one of those that sleep; who is busy with a request does not.", 2};
  page.next = "Put everything back";
  return page;
}

views::ViewState state_of(const Open& open) {
  views::ViewState state = open.state;
  state.presenter = open.presenter;
  state.why = open.why;
  return state;
}

}  // namespace

std::string name_of(const Open& open) {
  std::string name;
  if (open.presenter) name += " presenter";
  if (open.lesson) name += " lesson";
  if (open.why) name += " why";
  if (open.load) name += " load";
  if (open.paused) name += " paused";
  if (open.replay) name += " replay";
  return name;
}

DrawnScreen::DrawnScreen() {
  ImGui::CreateContext();
  ImGui::GetIO().IniFilename = nullptr;
  ImGui::GetIO().DeltaTime = 1.F / 30;
}

DrawnScreen::~DrawnScreen() { ImGui::DestroyContext(); }

void DrawnScreen::fit(const Screen& screen, bool presenter) {
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {screen.width, screen.height};
  theme_.unit =
      views::unit_of(io.DisplaySize, screen.scale * (presenter ? views::kPresenterScale : 1.F));
  app::load_fonts(theme_);
  unsigned char* pixels = nullptr;
  int width = 0;
  int height = 0;
  io.Fonts->GetTexDataAsAlpha8(&pixels, &width, &height);
}

void DrawnScreen::draw(const Past& past, std::uint64_t after_ms, const Open& open,
                       views::DrawingObserver& observer) {
  theme_.kind = open.state.theme;
  const Frame frame(*this, past, after_ms, open);
  views::draw_screen(frame.view, theme_, &observer);
}

DrawnScreen::Frame::Frame(DrawnScreen& screen, const Past& past, std::uint64_t after_ms,
                          const Open& open)
    : now(with_long_figures(past.history.at(past.start_ns + after_ms * kMs), open.attachment)),
      incidents(past.history.incidents(past.start_ns + after_ms * kMs)),
      state(state_of(open)),
      servers(open.servers),
      view{
          .history = past.history,
          .now = now,
          .calm = now,
          .time_ns = past.start_ns + after_ms * kMs,
          .calm_time_ns = past.start_ns + after_ms * kMs,
          .paused = open.paused,
          .replay = open.replay,
          .recording = !open.replay,
          .incidents = incidents,
          .state = state,
          .load = {{}, open.load ? load_status() : load::LoadStatus{}},
          .lesson = open.lesson ? std::optional(lesson_page(now, after_ms > 18'000)) : std::nullopt,
          .acts_on = open.replay
                         ? std::nullopt
                         : std::optional(words::ServerAddress{now.server.host, now.server.port}),
          .servers = servers,
          .latency_pixels = screen.texture_,
          .commands = commands,
          .comparison = {open.comparison, open.comparison.size() == 1
                                              ? "2 of 6, round-robin: one worker hangs"
                                              : ""}} {
  ImGui::NewFrame();
}

DrawnScreen::Frame::~Frame() { ImGui::EndFrame(); }

}  // namespace forkscope::visualizer_test
