// The visualizer with a window: one session, one window, one loop.
//
// Every turn of the loop reads the server's telemetry; a frame is drawn only when something moves
// or the user does something, so that the observer costs the observed as little as possible.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/gl_pixel_columns.h"
#include "app/options.h"
#include "app/server_choice.h"
#include "app/teacher.h"
#include "app/window.h"
#include "operation/notice.h"
#include "operation/operator.h"
#include "session/session.h"
#include "views/drawing_observer.h"
#include "views/view.h"

namespace forkscope::app {

class App {
 public:
  /// Throws NoDisplay. `observer` sees what is drawn, unless it is null; tests alone have one.
  explicit App(const Options& options, views::DrawingObserver* observer = nullptr);

  /// Until the window is closed. Returns the process's exit code.
  int run();
  /// Collects until there is something to see, writes the picture, and returns the exit code.
  int take_screenshot(const std::string& path);

 private:
  // ── the loop ──
  void poll();
  bool collect_for_screenshot();
  /// Writes the frame to `png_path` unless that is empty. Only when the window is ready.
  void draw(const std::string& png_path = {});
  /// Takes note of what became of the latest frame.
  void follow_frame();
  bool is_lively() const;
  views::View view();

  // ── keys and buttons ──
  void perform(const views::Command& command);
  bool perform_on_help(const views::Command& command);
  bool perform_on_servers(const views::Command& command);
  bool perform_on_look(const views::Command& command);
  void perform_on_server(const views::Command& command);
  bool carry_out(const operation::Wish& wish);
  void look_at(const picture::RunningServer& server);
  void select(std::uint32_t worker);
  void dismiss_choice();

  void take_notices();
  void notify(std::string text);

  static constexpr std::uint64_t kNoticeNs = 4'000'000'000;  // how long one stays

  Options options_;
  views::DrawingObserver* observer_;
  Window window_;
  views::Theme theme_;
  views::ViewState state_;
  operation::Notice notice_{kNoticeNs};
  GlPixelColumns latency_pixels_;
  std::vector<views::Command> commands_;
  std::uint64_t frame_cost_ns_ = 0;  // processor time of the latest frame
  std::string wanted_png_;           // where the next frame is to be saved

  session::Session session_;
  operation::Operator operator_{session_};
  Teacher teacher_{session_, operator_};
  ServerChoice server_choice_{session_, state_};
  std::vector<history::Incident> incidents_;  // as known at the view time of the frame
  picture::RunningServers servers_;           // those that run, likewise
};

}  // namespace forkscope::app
