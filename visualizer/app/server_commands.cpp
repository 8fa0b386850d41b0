// What keys, buttons and lessons do to the server.
#include <algorithm>
#include <array>
#include <string>

#include "app/app.h"
#include "views/subject.h"
#include "words/faults.h"

namespace forkscope::app {

using views::Command;
using views::CommandKind;

namespace {

constexpr std::array<double, 6> kRates{10, 100, 500, 2'000, 10'000, 0};  // 0 = flat out
constexpr std::array<std::uint32_t, 5> kConnections{1, 16, 64, 256, 1024};
constexpr std::array<double, 4> kPostShares{0, 0.1, 0.5, 1};

/// The one that follows `value`, in the order of the list and around; the first for a stranger.
template <typename List>
auto next_of(const List& list, typename List::value_type value) {
  const auto found = std::find(list.begin(), list.end(), value);
  return found == list.end() || found + 1 == list.end() ? list.front() : *(found + 1);
}

}  // namespace

void App::perform(const Command& command) {
  if (perform_on_servers(command) || perform_in_time(command) || perform_on_look(command)) return;
  if (session_.is_replay()) return notify("This is a recording: there is no server to act on.");
  switch (command.kind) {
    case CommandKind::toggle_load: return toggle_load();
    case CommandKind::next_rate:
    case CommandKind::next_connections:
    case CommandKind::next_post_share: return next_load_option(command.kind);
    case CommandKind::hang: return fire(words::hang_target(state_.hang_mode));
    case CommandKind::set_hang_mode:
      state_.hang_mode = command.value.value_or(state_.hang_mode + 1) % words::kHangModes.size();
      return;
    case CommandKind::crash: return fire(words::crash_target(state_.crash_way));
    case CommandKind::set_crash_way:
      state_.crash_way = command.value.value_or(state_.crash_way + 1) % words::kCrashWays.size();
      return;
    case CommandKind::toggle_freeze: return toggle_freeze();
    case CommandKind::kill: return signal_worker(views::kill_subject(view()), "KILL");
    case CommandKind::more_workers: return scale(1);
    case CommandKind::fewer_workers: return scale(-1);
    case CommandKind::reload:
      if (control_) control_->reload();
      return;
    case CommandKind::next_lesson_step: {
      const bool was_open = course_.open();
      perform(course_.next(situation()));
      if (!was_open && !course_.open()) notify("A lesson needs a running server.");
      return;
    }
    case CommandKind::choose: return course_.choose(command.value.value_or(0));
    case CommandKind::choose_up: return course_.choose_neighbour(-1);
    case CommandKind::choose_down: return course_.choose_neighbour(1);
    default: return;
  }
}

void App::fire(const std::string& target) {
  if (!control_) return;
  if (!session_.history().latest().server.faults_enabled) {
    return notify("Faults are off: start the server with --faults on.");
  }
  notify(control_->fire(target).message);
}

void App::toggle_load() {
  if (load_.status().running) return load_.stop();
  if (control_) load_.start(load_options_);
}

void App::restart_load() {
  if (load_.status().running) load_.start(load_options_);
}

void App::next_load_option(CommandKind which) {
  if (which == CommandKind::next_rate) {
    load_options_.requests_per_second = next_of(kRates, load_options_.requests_per_second);
  } else if (which == CommandKind::next_connections) {
    load_options_.connections = next_of(kConnections, load_options_.connections);
    own_connections_ = true;
  } else {
    load_options_.post_share = next_of(kPostShares, load_options_.post_share);
  }
  restart_load();
}

void App::toggle_freeze() {
  const views::View now = view();
  const telemetry::WorkerReport* worker = views::freeze_subject(now);
  const bool frozen = worker && views::is_frozen(now, worker->number);
  signal_worker(worker, frozen ? "CONT" : "STOP");
}

void App::scale(int by) {
  if (!control_) return;
  const auto workers = static_cast<int>(session_.history().latest().workers.size());
  if (workers + by < 1) return notify("The last worker stays.");
  control_->scale(static_cast<std::uint32_t>(workers + by));
}

void App::signal_worker(const telemetry::WorkerReport* worker, const char* signal) {
  if (!control_) return;
  if (!worker) return notify("There is no worker to send SIG" + std::string(signal) + " to.");
  control_->signal(worker->number, signal);
}

/// What the primary says to what it was asked, as soon as it says so.
void App::report_answers() {
  if (!control_) return;
  for (const live::Outcome& outcome : control_->poll(telemetry::now_ns())) notify(outcome.message);
}

void App::perform(const lessons::Actions& actions) {
  for (const lessons::Action& action : actions) {
    switch (action.kind) {
      case lessons::ActionKind::start_load: {
        load::LoadOptions options = load_options_;
        options.requests_per_second = action.requests_per_second;
        options.connections = action.connections;
        options.post_share = 0;
        load_.start(options);
        break;
      }
      case lessons::ActionKind::stop_load: load_.stop(); break;
      case lessons::ActionKind::request: fire(action.target); break;
      case lessons::ActionKind::kill:
        if (control_) control_->signal(action.worker, "KILL");
        break;
    }
  }
  load_status_ = load_.status();
}

}  // namespace forkscope::app
