#include "views/fire.h"

#include <string>

#include "model/format.h"
#include "views/fault_targets.h"
#include "views/subject.h"
#include "views/widgets.h"

namespace forkscope::views {

namespace {

struct Button {
  const char* id;
  const char* key;
  std::string title;
  std::string line;  ///< What does the same in a shell; or what it does.
  bool enabled = true;
  bool on = false;
};

/// Returns whether it was pressed.
bool draw_button(const Painter& painter, const Rect& rect, const Button& button) {
  const Palette& colors = painter.colors();
  const Press press = press_area(button.id, rect);
  const bool lit = button.enabled && press.hovered;
  painter.fill(rect, lit ? colors.raised_hovered : colors.raised, painter.px(6));
  if (button.on) {
    painter.fill({rect.x, rect.y, painter.px(6), rect.h}, colors.busy, painter.px(3));
  }
  const Rect inside = rect.inset(painter.px(14), painter.px(6));
  const float first = inside.y + painter.px(13);
  const float second = inside.bottom() - painter.px(11);
  const float cap = painter.px(28);
  const Rect key{inside.right() - cap, first - cap / 2, cap, cap};
  painter.outline(key, colors.muted, painter.px(1.5F), painter.px(4));
  painter.text_centered(Type::small_bold, key, colors.muted, button.key);
  painter.text_elided(Type::body_bold, inside.x, first, key.x - painter.px(8) - inside.x,
                      button.enabled ? colors.text : colors.muted, button.title);
  painter.text_elided(Type::mono, inside.x, second, inside.w, colors.muted, button.line);
  return button.enabled && press.clicked;
}

Button load_button(const View& view) {
  const LoadFigures& load = view.load;
  Button button{"load", "L", "Load", {}, view.control != nullptr, load.running};
  if (load.running) {
    button.title += ": " + model::compact(load.requests_per_second) + " req/s";
    if (load.waiting > load.connections)
      button.title += ", " + model::compact(static_cast<double>(load.waiting)) + " wait";
  }
  button.line = model::grouped(static_cast<std::uint64_t>(load.wanted_per_second)) + " req/s, " +
                model::percent(load.post_share) + " POST, on " +
                model::counted(load.connections, "connection");
  return button;
}

Button fault_button(const View& view, const char* id, const char* key, const char* title,
                    const char* target) {
  Button button{id, key, title, {}, view.control != nullptr && view.now.server.faults_enabled};
  button.line =
      !button.enabled ? "off: start the server with --faults on" : view.control->curl_line(target);
  return button;
}

Button signal_button(const char* id, const char* key, std::string title, const char* signal,
                     const telemetry::WorkerReport* worker) {
  Button button{id, key, std::move(title), "no worker", worker != nullptr};
  if (worker) {
    button.title += " " + std::to_string(worker->number);
    button.line = model::ControlClient::kill_line(signal, worker->pid);
  }
  return button;
}

}  // namespace

void draw_fire(const Painter& painter, const Rect& rect, const View& view) {
  const telemetry::WorkerReport* freeze = freeze_subject(view);
  const telemetry::WorkerReport* kill = kill_subject(view);
  Rect inside = painter.panel(
      rect, "FIRE",
      view.state.selected_worker ? "on the selected worker" : "on the busiest worker");
  const float gap = painter.px(7);
  const float height = (inside.h - 3 * gap) / 4;
  const auto press = [&](const Rect& where, const Button& button, CommandKind command) {
    if (draw_button(painter, where, button)) view.commands.push_back({command});
  };
  press(inside.cut_top(height, gap), load_button(view), CommandKind::toggle_load);
  press(inside.cut_top(height, gap),
        fault_button(view, "hang", "H", "Hang one worker", kHangTarget), CommandKind::hang);
  press(inside.cut_top(height, gap),
        fault_button(view, "crash", "C", "Crash one worker", kCrashTarget), CommandKind::crash);
  Rect row = inside.cut_top(height);
  const bool thaws = freeze && is_frozen(view, freeze->number);
  press(
      row.cut_left((row.w - gap) / 2, gap),
      signal_button("freeze", "F", thaws ? "Continue" : "Freeze", thaws ? "CONT" : "STOP", freeze),
      CommandKind::toggle_freeze);
  press(row, signal_button("kill", "K", "Kill", "KILL", kill), CommandKind::kill);
}

}  // namespace forkscope::views
