// What keys and buttons do.
#include <algorithm>
#include <array>
#include <ctime>

#include "app/app.h"
#include "forkscope/telemetry/worker_report.h"
#include "views/fault_targets.h"
#include "views/subject.h"

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

void App::perform(const Command& command) {
  switch (command.kind) {
    case CommandKind::toggle_load: return toggle_load();
    case CommandKind::hang:
      if (control_) report(control_->fire(views::kHangTarget));
      return;
    case CommandKind::crash:
      if (control_) report(control_->fire(views::kCrashTarget));
      return;
    case CommandKind::toggle_freeze: return toggle_freeze();
    case CommandKind::kill: return signal_worker(views::kill_subject(view()), "KILL");
    case CommandKind::select: return select(command.worker);
    case CommandKind::toggle_pause:
      state_.paused_at_ns =
          state_.paused_at_ns
              ? std::nullopt
              : std::optional<std::uint64_t>(session_.view_time(telemetry::now_ns()));
      return;
    case CommandKind::toggle_theme:
      state_.theme =
          state_.theme == views::ThemeKind::dark ? views::ThemeKind::light : views::ThemeKind::dark;
      return;
    case CommandKind::toggle_presenter: state_.presenter = !state_.presenter; return;
    case CommandKind::toggle_help: state_.help = !state_.help; return;
    case CommandKind::dismiss:
      if (!state_.help) state_.selected_worker = 0;
      state_.help = false;
      return;
    case CommandKind::toggle_full_screen: return window_.toggle_full_screen();
    case CommandKind::screenshot: return save_screenshot();
    case CommandKind::bigger:
      state_.scale = std::min(kMostScale, state_.scale * kScaleStep);
      return;
    case CommandKind::smaller:
      state_.scale = std::max(kLeastScale, state_.scale / kScaleStep);
      return;
  }
}

void App::select(std::uint32_t worker) {
  const auto& workers = session_.history().latest().workers;
  const bool known = std::any_of(workers.begin(), workers.end(),
                                 [worker](const auto& other) { return other.number == worker; });
  if (!known) return;
  state_.selected_worker = state_.selected_worker == worker ? 0 : worker;
}

void App::toggle_load() {
  if (load_.status().running) return load_.stop();
  if (control_) load_.start(load_options_);
}

void App::toggle_freeze() {
  const views::View now = view();
  const telemetry::WorkerReport* worker = views::freeze_subject(now);
  const bool frozen = worker && views::is_frozen(now, worker->number);
  signal_worker(worker, frozen ? "CONT" : "STOP");
}

void App::signal_worker(const telemetry::WorkerReport* worker, const char* signal) {
  if (!control_) return;
  if (!worker) return notify("There is no worker to send SIG" + std::string(signal) + " to.");
  report(control_->signal(worker->number, signal));
}

void App::save_screenshot() {
  const std::string name = screenshot_name();
  const std::string error = draw(name);
  notify(error.empty() ? "Saved " + name : "Not saved: " + error);
}

void App::report(const model::Outcome& outcome) { notify(outcome.message); }

void App::notify(std::string text) {
  state_.notice = std::move(text);
  state_.notice_until_ns = telemetry::now_ns() + kNoticeNs;
}

}  // namespace forkscope::app
