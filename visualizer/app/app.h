// The visualizer with a window: one model, one window, one loop.
//
// Every turn of the loop reads the server's telemetry; a frame is drawn only when something moves
// or the user does something, so that the observer costs the observed as little as possible.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/window.h"
#include "load/load_generator.h"
#include "model/control_client.h"
#include "model/history.h"
#include "session/session.h"
#include "views/view.h"

namespace forkscope::app {

class App {
 public:
  /// Throws NoDisplay.
  explicit App(const Options& options);

  /// Until the window is closed. Returns the process's exit code.
  int run();
  /// Collects until there is something to see, writes the picture, and returns the exit code.
  int take_screenshot(const std::string& path);

 private:
  int take_replay_screenshot(const std::string& path);
  void poll();
  void follow_server();
  /// Writes the frame to `png_path` unless that is empty; returns why that failed, or nothing.
  std::string draw(const std::string& png_path = {});
  bool is_lively() const;
  views::View view();

  void perform(const views::Command& command);
  void select(std::uint32_t worker);
  void signal_worker(const telemetry::WorkerReport* worker, const char* signal);
  void report(const model::Outcome& outcome);
  void toggle_load();
  void toggle_freeze();
  void save_screenshot();
  void notify(std::string text);

  Options options_;
  Window window_;
  views::Theme theme_;
  views::ViewState state_;
  std::vector<views::Command> commands_;

  session::Session session_;
  std::unique_ptr<model::ControlClient> control_;  // of the server looked at
  std::uint64_t control_instance_ = 0;             // whose `control_` that is
  load::LoadGenerator load_;
  load::LoadOptions load_options_;
};

}  // namespace forkscope::app
