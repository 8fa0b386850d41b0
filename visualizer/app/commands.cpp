// What becomes of a key or a button: who it is for, and what it does to how the picture looks.
#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <utility>

#include "app/app.h"
#include "app/time_commands.h"
#include "app/wishes.h"
#include "words/faults.h"

namespace forkscope::app {

using views::Command;
using views::CommandKind;

namespace {

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

void App::perform(const Command& command) {
  if (!perform_on_help(command) && !perform_on_servers(command) &&
      !perform_in_time(session_, command, telemetry::now_ns()) && !perform_on_look(command)) {
    perform_on_server(command);
  }
  take_notices();
}

/// While the card is open, the arrows turn its pages.
bool App::perform_on_help(const Command& command) {
  if (command.kind == CommandKind::show_help_page) {
    state_.help_page = static_cast<int>(command.value.value_or(0));
    return true;
  }
  if (!state_.help) return false;
  switch (command.kind) {
    case CommandKind::step_back: --state_.help_page; return true;
    case CommandKind::step_forward: ++state_.help_page; return true;
    default: return false;
  }
}

/// While the list of servers is open, it takes the arrows, Enter and Esc.
bool App::perform_on_servers(const Command& command) {
  switch (command.kind) {
    case CommandKind::toggle_servers:
      if (!server_choice_.toggle()) notify(operation::kNoOtherServer);
      return true;
    case CommandKind::look_at:
      if (command.value && *command.value < servers_.size()) look_at(servers_[*command.value]);
      return true;
    default: break;
  }
  if (!server_choice_.is_open() || state_.help) return false;
  switch (command.kind) {
    case CommandKind::choose_up: server_choice_.point_at_neighbour(-1); return true;
    case CommandKind::choose_down: server_choice_.point_at_neighbour(1); return true;
    case CommandKind::confirm:
      if (const auto pointed = server_choice_.pointed()) {
        look_at(*pointed);
      } else {
        notify("That server is gone.");
      }
      return true;
    case CommandKind::dismiss: server_choice_.close(); return true;
    default: return false;
  }
}

void App::look_at(const picture::RunningServer& server) {
  const bool other = server.endpoint.path != session_.history().latest().server.socket;
  // A lesson puts back what it has changed while its server can still be asked.
  if (other && session_.runs(server.endpoint)) teacher_.leave();
  if (!carry_out(operation::LookAt{server})) return;
  server_choice_.close();
  if (!other) return;
  state_.selected_worker = 0;
  state_.why = false;
}

void App::perform_on_server(const Command& command) {
  if (session_.is_replay()) return notify(operator_.why_not());
  switch (command.kind) {
    case CommandKind::set_hang_mode:
      state_.hang_mode = command.value.value_or(state_.hang_mode + 1) % words::kHangModes.size();
      return notify(std::string("H: the next hang will ") + words::kHangModes[state_.hang_mode] +
                    '.');
    case CommandKind::set_crash_way:
      state_.crash_way = command.value.value_or(state_.crash_way + 1) % words::kCrashWays.size();
      return notify(std::string("C: the next crash will be by ") +
                    words::kCrashWays[state_.crash_way] + '.');
    case CommandKind::next_lesson_step:
      if (!teacher_.next()) notify("A lesson needs a running server.");
      return;
    case CommandKind::compare: return notify(teacher_.toggle_comparison());
    case CommandKind::choose: return teacher_.choose(command.value.value_or(0));
    case CommandKind::choose_up: return teacher_.choose_neighbour(-1);
    case CommandKind::choose_down: return teacher_.choose_neighbour(1);
    default: break;
  }
  if (const auto wish = wish_of(command, view())) carry_out(*wish);
}

bool App::carry_out(const operation::Wish& wish) {
  notice_.clear();  // what has become of the one before
  return operator_.carry_out(wish);
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
    case CommandKind::toggle_help:
      state_.help = !state_.help;
      state_.help_page = 0;
      return true;
    case CommandKind::toggle_losses: state_.losses = !state_.losses; return true;
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
      } else if (state_.losses) {
        state_.losses = false;
      } else if (teacher_.is_open()) {
        teacher_.leave();
      } else if (!teacher_.dismiss_comparison()) {
        dismiss_choice();
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

void App::dismiss_choice() {
  if (state_.why) {
    state_.why = false;
  } else {
    state_.selected_worker = 0;
  }
}

void App::select(std::uint32_t worker) {
  const auto& workers = session_.history().latest().workers;
  const bool known = std::any_of(workers.begin(), workers.end(),
                                 [worker](const auto& other) { return other.number == worker; });
  if (!known) return notify("There is no worker " + std::to_string(worker) + ".");
  state_.selected_worker = state_.selected_worker == worker ? 0 : worker;
}

void App::notify(std::string text) { notice_.say(std::move(text), telemetry::now_ns()); }

void App::take_notices() {
  notify(session_.take_notice());
  notify(operator_.take_notice());
}

}  // namespace forkscope::app
