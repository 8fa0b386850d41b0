// What keys and buttons do to the picture: when, and how it looks.
#include <algorithm>
#include <array>
#include <ctime>

#include "app/app.h"

namespace forkscope::app {

using views::Command;
using views::CommandKind;

namespace {

constexpr std::uint64_t kNoticeNs = 4'000'000'000;
constexpr float kScaleStep = 1.1F;
constexpr float kLeastScale = 0.5F;
constexpr float kMostScale = 4;

/// "forkscope-20260131-120431.png"
std::string screenshot_name() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 64> name{};
  std::strftime(name.data(), name.size(), "forkscope-%Y%m%d-%H%M%S.png", &local);
  return name.data();
}

}  // namespace

bool App::perform_in_time(const Command& command) {
  const std::uint64_t now_ns = telemetry::now_ns();
  history::Playhead& playhead = session_.playhead();
  const auto jump = [&](int direction, const char* none) {
    if (!playhead.jump(session_.history(), now_ns, direction)) notify(none);
  };
  switch (command.kind) {
    case CommandKind::toggle_pause: playhead.toggle_pause(session_.history(), now_ns); return true;
    case CommandKind::step_back: playhead.step(session_.history(), now_ns, -1); return true;
    case CommandKind::step_forward: playhead.step(session_.history(), now_ns, 1); return true;
    case CommandKind::previous_incident: jump(-1, "There is no earlier incident."); return true;
    case CommandKind::next_incident: jump(1, "There is no later incident."); return true;
    case CommandKind::go_live: playhead.to_end(); return true;
    case CommandKind::go_to:
      playhead.seek(session_.history(), command.value.value_or(0));
      return true;
    case CommandKind::set_marker:
      session_.history().add_marker(session_.view_time(now_ns));
      notify("Marked.");
      return true;
    default: return false;
  }
}

bool App::perform_on_look(const Command& command) {
  switch (command.kind) {
    case CommandKind::toggle_theme:
      state_.theme =
          state_.theme == views::ThemeKind::dark ? views::ThemeKind::light : views::ThemeKind::dark;
      return true;
    case CommandKind::toggle_presenter: state_.presenter = !state_.presenter; return true;
    case CommandKind::toggle_reduced_motion:
      state_.reduced_motion = !state_.reduced_motion;
      notify(state_.reduced_motion ? "Reduced motion is on." : "Reduced motion is off.");
      return true;
    case CommandKind::toggle_help: state_.help = !state_.help; return true;
    case CommandKind::toggle_why: {
      const std::size_t strip = command.value.value_or(state_.why ? state_.why_strip : 0);
      state_.why = !(state_.why && state_.why_strip == strip);
      state_.why_strip = strip;
      return true;
    }
    case CommandKind::select:
      select(static_cast<std::uint32_t>(command.value.value_or(0)));
      return true;
    case CommandKind::dismiss:
      if (state_.help) {
        state_.help = false;
      } else if (course_.open()) {
        perform(course_.leave(situation()));
      } else if (state_.why) {
        state_.why = false;
      } else {
        state_.selected_worker = 0;
      }
      return true;
    case CommandKind::toggle_full_screen: window_.toggle_full_screen(); return true;
    case CommandKind::screenshot: wanted_png_ = screenshot_name(); return true;
    case CommandKind::quit: window_.close(); return true;
    case CommandKind::bigger:
      state_.scale = std::min(kMostScale, state_.scale * kScaleStep);
      return true;
    case CommandKind::smaller:
      state_.scale = std::max(kLeastScale, state_.scale / kScaleStep);
      return true;
    default: return false;
  }
}

void App::select(std::uint32_t worker) {
  const auto& workers = session_.history().latest().workers;
  const bool known = std::any_of(workers.begin(), workers.end(),
                                 [worker](const auto& other) { return other.number == worker; });
  if (!known) return notify("There is no worker " + std::to_string(worker) + ".");
  state_.selected_worker = state_.selected_worker == worker ? 0 : worker;
}

void App::notify(std::string text) {
  state_.notice = std::move(text);
  notice_until_ns_ = telemetry::now_ns() + kNoticeNs;
}

}  // namespace forkscope::app
