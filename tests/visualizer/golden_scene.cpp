// Draws one frame for a golden image, and writes the texts that are in it. A program of its own, as
// the visualizer is one.
//
//   golden_scene TEXTS.txt OPTION...
//   golden_scene TEXTS.txt why|presenter|lesson|presented-lesson|presented-moves RECORDING OUT.png
//
// The first is the visualizer itself, with options that have it take a picture. The second shows of
// a recording what no replay shows by itself: a chain of events unfolded, presenter mode, a lesson,
// connections that move in front of people.
#include <array>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/app.h"
#include "app/gl_pixel_columns.h"
#include "app/options.h"
#include "app/window.h"
#include "frame_texts.h"
#include "lessons/all_lessons.h"
#include "lessons/course.h"
#include "recording/replay.h"
#include "views/drawing_observer.h"
#include "views/latency.h"
#include "views/screen.h"

namespace forkscope {
namespace {

constexpr std::array kTypeNames{"small",     "small_bold", "mono",       "body",
                                "body_bold", "large",      "large_bold", "banner"};
static_assert(kTypeNames.size() == views::kTypeCount);

std::string name_of(ImU32 color) {
  const auto part = [color](unsigned shift) { return color >> shift & 0xFF; };
  std::array<char, sizeof "#RRGGBBAA"> name{};
  std::snprintf(name.data(), name.size(), "#%02X%02X%02X%02X", part(IM_COL32_R_SHIFT),
                part(IM_COL32_G_SHIFT), part(IM_COL32_B_SHIFT), part(IM_COL32_A_SHIFT));
  const std::string all = name.data();
  return all.ends_with("FF") ? all.substr(0, all.size() - 2) : all;
}

/// Keeps what can be seen of the texts.
class Texts final : public views::DrawingObserver {
 public:
  void text(views::Type type, ImVec2 at, ImU32 color, std::string_view text,
            const views::Rect& clip) override {
    if (text.find_first_not_of(' ') == std::string_view::npos) return;
    if (at.x >= clip.right() || at.y >= clip.bottom()) return;
    texts_.push_back({static_cast<int>(at.x), static_cast<int>(at.y),
                      kTypeNames[static_cast<std::size_t>(type)], name_of(color),
                      std::string(text)});
  }
  void area(const views::Rect&, ImU32, const views::Rect&) override {}
  void outline(const views::Rect&, const views::Rect&) override {}
  void shape(ImVec2, float, const views::Rect&) override {}

  const std::vector<visualizer_test::FrameText>& all() const { return texts_; }

 private:
  std::vector<visualizer_test::FrameText> texts_;
};

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kStep = kSecond / 20;

/// Goes through the lesson of the one that hangs while the recording's worker 3 hangs, up to the
/// answer that was measured.
lessons::Page lesson_page(const history::History& history, std::uint64_t start_ns) {
  std::vector<std::unique_ptr<lessons::Lesson>> only;
  only.push_back(lessons::one_hangs());
  lessons::Course course(std::move(only));
  load::LoadStatus load{.running = true, .answered = 1'000};
  lessons::Page page;
  for (std::uint64_t at = start_ns + 10 * kSecond; at < start_ns + 20 * kSecond; at += kStep) {
    const auto incidents = history.incidents(at);
    picture::Snapshot now = history.at(at);
    now.server.protection = telemetry::Protection::unknown;  // measured once, as it is
    load.broken = at < start_ns + 17 * kSecond ? 0 : 15;
    load.oldest_wait_ns = at < start_ns + 17 * kSecond ? 0 : 5 * kSecond;
    const lessons::Situation situation{now, incidents, load};
    if (!course.open()) {
      course.next(situation);
      course.choose(0);  // wrong, so that both marks are to be seen
      course.next(situation);
    }
    course.update(situation);
    page = course.page(situation);
  }
  page.number = 3;
  page.count = 7;
  return page;
}

/// After the start.
std::uint64_t moment_of(std::string_view scene) {
  if (scene == "presenter") return 15 * kSecond;  // in the middle of the hang
  if (scene == "presented-moves") return 14 * kSecond + kSecond * 3 / 4;
  return 19 * kSecond;  // closed with all of its links; and the answer is there
}

int draw_scene(std::string_view scene, const std::string& recording, const std::string& png,
               Texts& texts) {
  recording::Replay replay = recording::load_replay(recording, std::nullopt);
  const history::History& history = replay.history;
  const std::uint64_t start_ns = replay.start_ns;
  const std::uint64_t at = start_ns + moment_of(scene);

  app::Window window(1280, 720, app::Visibility::hidden);
  app::GlPixelColumns pixels(window.gl(), views::kLatencyColumns, views::kLatencyRows);
  views::ViewState state;
  state.why = scene == "why";
  state.presenter = scene.starts_with("present");
  views::Theme theme;
  window.fit_theme(theme, state.presenter ? views::kPresenterScale : 1.F);
  std::optional<lessons::Page> lesson;
  if (scene.ends_with("lesson")) lesson = lesson_page(history, start_ns);
  const auto incidents = history.incidents(at);
  const picture::RunningServers servers;
  std::vector<views::Command> commands;

  window.begin_frame();
  views::draw_screen({.history = history,
                      .now = history.at(at),
                      .calm = history.at(at),
                      .time_ns = at,
                      .calm_time_ns = at,
                      .paused = false,
                      .replay = false,
                      .incidents = incidents,
                      .state = state,
                      .load = {},
                      .lesson = lesson,
                      .acts_on = words::ServerAddress{"127.0.0.1", 8000},
                      .servers = servers,
                      .latency_pixels = pixels,
                      .commands = commands},
                     theme, &texts);
  window.end_frame(png);
  window.gl().run([] {});
  const std::string error = window.take_shown()->error;
  if (error.empty()) return 0;
  std::cerr << error << '\n';
  return 1;
}

int draw_as_the_visualizer(int argc, char** argv, Texts& texts) {
  app::Options options;
  if (const auto exit_code = app::parse_options(argc, argv, options)) return *exit_code;
  return app::App(options, &texts).take_screenshot(options.screenshot);
}

int draw(int argc, char** argv) {
  Texts texts;
  const bool is_scene = argc == 5 && argv[2][0] != '-';
  const int code = is_scene ? draw_scene(argv[2], argv[3], argv[4], texts)
                            : draw_as_the_visualizer(argc - 1, argv + 1, texts);
  if (code == 0) visualizer_test::write_texts(texts.all(), argv[1]);
  return code;
}

}  // namespace
}  // namespace forkscope

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  try {
    return forkscope::draw(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
