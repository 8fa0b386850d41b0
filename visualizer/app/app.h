// The visualizer with a window: one session, one window, one loop.
//
// Every turn of the loop reads the server's telemetry; a frame is drawn only when something moves
// or the user does something, so that the observer costs the observed as little as possible.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/gl_pixel_columns.h"
#include "app/options.h"
#include "app/window.h"
#include "lessons/course.h"
#include "live/control_client.h"
#include "load/load_generator.h"
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
  void poll();
  bool collect_for_screenshot();
  void follow_server();
  /// Writes the frame to `png_path` unless that is empty. Only when the window is ready.
  void draw(const std::string& png_path = {});
  /// Takes note of what became of the latest frame.
  void follow_frame();
  bool is_lively() const;
  views::View view();
  std::optional<words::ServerAddress> acts_on() const;

  void perform(const views::Command& command);
  bool perform_in_time(const views::Command& command);
  bool perform_on_look(const views::Command& command);
  bool perform_on_servers(const views::Command& command);

  // ── which server ──
  void toggle_servers();
  void offer_servers();
  void point_at_neighbour(int distance);
  picture::RunningServers::const_iterator pointed_in(const picture::RunningServers& servers) const;
  void look_at_pointed();
  void look_at(const picture::RunningServer& server);

  // ── what happens to the server ──
  void signal_worker(const telemetry::WorkerReport* worker, const char* signal);
  void report_answers();
  void fire(const std::string& target);
  void toggle_load();
  void restart_load();
  void next_load_option(views::CommandKind which);
  void toggle_freeze();
  void scale(int by);

  // ── lessons ──
  lessons::Situation situation();
  void perform(const lessons::Actions& actions);

  void select(std::uint32_t worker);
  void notify(std::string text);

  Options options_;
  Window window_;
  views::Theme theme_;
  views::ViewState state_;
  std::uint64_t notice_until_ns_ = 0;
  GlPixelColumns latency_pixels_;
  std::vector<views::Command> commands_;
  std::uint64_t frame_cost_ns_ = 0;  // processor time of the latest frame
  std::string wanted_png_;           // where the next frame is to be saved

  session::Session session_;
  std::vector<history::Incident> incidents_;      // as known at the view time of the frame
  picture::RunningServers servers_;               // those that run, likewise
  bool servers_offered_ = false;                  // the list has opened by itself, or need not
  std::unique_ptr<live::ControlClient> control_;  // of the server looked at
  std::uint64_t control_instance_ = 0;            // whose `control_` that is
  load::LoadGenerator load_;
  load::LoadOptions load_options_ = load::moderate_load(0);
  load::LoadStatus load_status_;  // as of the latest poll
  bool own_connections_ = false;  // the user has chosen how many
  lessons::Course course_;
};

}  // namespace forkscope::app
