#include "views/fire.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "forkscope/telemetry/event_text.h"
#include "load/clients_saw.h"
#include "views/subject.h"
#include "views/widgets.h"
#include "words/command_lines.h"
#include "words/faults.h"
#include "words/format.h"
#include "words/lacks.h"
#include "words/phrase.h"

namespace forkscope::views {

namespace {

constexpr float kHigh = 58;   // two lines
constexpr float kLow = 36;    // one line
constexpr float kLeast = 26;  // one line, where room is short
constexpr float kGap = 5;
constexpr float kTwoLines = 49;  // lower, a second line would run into the first

struct Button {
  const char* id;
  const char* key;
  std::string title;
  std::string line;  ///< What does the same in a shell; or why it cannot be done.
  bool enabled = true;
  bool on = false;
};

/// The middles of a row's two lines. In a low row they are closer to its edges, so that the small
/// controls of the first never touch the second.
struct Lines {
  float first;
  float second;
};
Lines lines_of(const Painter& painter, const Rect& rect) {
  const float spare =
      std::clamp(rect.h - painter.px(kTwoLines), 0.F, painter.px(kHigh - kTwoLines));
  const float inset = spare / 3;
  return {rect.y + painter.px(14) + inset, rect.bottom() - painter.px(12) - inset};
}

/// The ground with the key's cap; the title comes behind whatever else is in the first line.
/// Returns where the cap begins.
float draw_ground(const Painter& painter, const Rect& rect, const Button& button, float middle) {
  const Palette& colors = painter.colors();
  painter.fill(rect, colors.raised, painter.px(6));
  if (button.on) {
    painter.fill({rect.x, rect.y, painter.px(6), rect.h}, colors.busy, painter.px(3));
  }
  return painter.key_cap(rect.right() - painter.px(8), middle, button.key, colors.muted);
}

/// After the small controls on it: they come first under the mouse.
bool draw_press(const Painter& painter, const Rect& rect, const Button& button) {
  const Press press = press_area(button.id, rect);
  if (button.enabled && press.hovered) {
    painter.outline(rect, painter.colors().muted, painter.px(1.5F), painter.px(6));
  }
  return button.enabled && press.clicked;
}

void draw_title(const Painter& painter, const Rect& rect, const Button& button, float middle,
                float right) {
  const float x = rect.x + painter.px(14);
  painter.text_elided(Type::small_bold, x, middle, right - painter.px(10) - x,
                      button.enabled ? painter.colors().text : painter.colors().muted,
                      button.title);
}

/// Somebody may type it into a shell, so it is whole or not there.
void draw_line(const Painter& painter, const Rect& rect, const Button& button) {
  if (rect.h < painter.px(kTwoLines)) return;
  if (painter.width(Type::mono, button.line) > rect.w - painter.px(22)) return;
  painter.text(Type::mono, rect.x + painter.px(14), lines_of(painter, rect).second,
               painter.colors().muted, button.line);
}

/// The same at the right of a row of one line, where it leaves that room behind `end`.
void draw_line_beside(const Painter& painter, const Rect& rect, float end, float right,
                      const std::string& line) {
  if (painter.width(Type::mono, line) > right - end - painter.px(12)) return;
  painter.text_right(Type::mono, right, rect.middle(), painter.colors().muted, line);
}

/// One line: title at the left, command at the right, cap. Returns whether it was pressed.
bool draw_low(const Painter& painter, const Rect& rect, const Button& button) {
  const Palette& colors = painter.colors();
  const float right = draw_ground(painter, rect, button, rect.middle()) - painter.px(12);
  const float x = rect.x + painter.px(14);
  const float end = painter.text(Type::small_bold, x, rect.middle(),
                                 button.enabled ? colors.text : colors.muted, button.title);
  draw_line_beside(painter, rect, end, right, button.line);
  return draw_press(painter, rect, button);
}

/// What its clients saw, and how long they waited from when each request was due.
words::Sentence load_figures(const View& view) {
  const load::LoadStatus& status = view.load.status;
  using words::PhraseKind;
  words::Sentence figures{{PhraseKind::state, load::clients_saw(status)}};
  if (status.waiting > view.load.options.connections / 2) {
    const std::string count = words::compact(static_cast<double>(status.waiting));
    figures.push_back({PhraseKind::fact, count + " wait"});
  }
  if (status.max_ns == 0) return figures;
  figures.push_back({PhraseKind::fact, "p50 " + telemetry::duration_text(status.p50_ns)});
  figures.push_back({PhraseKind::fact, "p99 " + telemetry::duration_text(status.p99_ns)});
  figures.push_back({PhraseKind::fact, "max " + telemetry::duration_text(status.max_ns)});
  return figures;
}

/// As much of that as has room in `width`; or the line for a shell.
std::string load_line(const Painter& painter, float width, const View& view) {
  const load::LoadStatus& status = view.load.status;
  if (!status.running) {
    if (!view.load.has_target) return words::kNoLoadHere;
    const picture::ServerInfo& server = view.now.server;
    const load::Target& target = view.load.options.target;
    const bool todos = target.path == load::Target{}.path;
    return words::curl_line({server.host, server.port},
                            target.path + (todos ? "?limit=[1-100]" : "?[1-100]"),
                            target.method == "GET" ? "-Z " : "-Z -X " + target.method + ' ');
  }
  const auto fits = [&](const words::Sentence& figures) {
    return painter.width(Type::small, joined(figures, "  ")) <= width;
  };
  return joined(shortened(load_figures(view), 1, fits), "  ");
}

/// What its clients have got: the top line has what the server has answered to whomever.
std::string load_title(const View& view) {
  const load::LoadStatus& status = view.load.status;
  return status.running ? "got " + words::compact(status.requests_per_second) + "/s" : "Load";
}

/// Rate, connections and share of POSTs, or the target where there can be none, are each changed by
/// a click on them.
void draw_load(const Painter& painter, const Rect& rect, const View& view) {
  const LoadView& load = view.load;
  const Button button{"load",
                      "L",
                      load_title(view),
                      load_line(painter, rect.w - painter.px(22), view),
                      view.acts_on.has_value() && load.has_target,
                      load.status.running};
  const float middle = lines_of(painter, rect).first;
  float right = draw_ground(painter, rect, button, middle) - painter.px(8);
  const double rate = load.options.requests_per_second;
  struct Chip {
    const char* id;
    std::string text;
    CommandKind command;
  };
  const Chip chips[] = {
      load.has_posts
          ? Chip{"post", words::percent(load.options.post_share) + " POST",
                 CommandKind::next_post_share}
          : Chip{"target", load.has_target ? load::described(load.options.target) : "no target",
                 CommandKind::next_target},
      {"conns", words::counted(load.options.connections, "conn"), CommandKind::next_connections},
      {"rate", rate > 0 ? words::compact(rate) + "/s" : "flat out", CommandKind::next_rate},
  };
  for (const auto& entry : chips) {
    const float width = painter.width(Type::small, entry.text) + painter.px(16);
    const Rect where{right - width, middle - painter.px(13), width, painter.px(26)};
    if (chip(painter, entry.id, where, entry.text, button.enabled)) {
      view.commands.push_back({entry.command});
    }
    right = where.x - painter.px(5);
  }
  draw_title(painter, rect, button, middle, right);
  if (load.status.running && rect.h >= painter.px(kTwoLines)) {  // figures, not a command
    painter.text_elided(Type::small, rect.x + painter.px(14), lines_of(painter, rect).second,
                        rect.w - painter.px(22), painter.colors().text, button.line);
  } else {
    draw_line(painter, rect, button);
  }
  if (draw_press(painter, rect, button)) view.commands.push_back({CommandKind::toggle_load});
}

struct Fault {
  Button button;
  std::span<const char* const> ways;
  std::size_t chosen;
  CommandKind fire;
  CommandKind choose;
};

void draw_fault(const Painter& painter, const Rect& rect, const View& view, const Fault& fault) {
  const float middle = lines_of(painter, rect).first;
  float right = draw_ground(painter, rect, fault.button, middle) - painter.px(8);
  const std::string id = std::string(fault.button.id) + " way ";
  if (const auto way =
          segments(painter, id.c_str(), right, middle, fault.ways, fault.chosen, right)) {
    view.commands.push_back({fault.choose, *way});
  }
  draw_title(painter, rect, fault.button, middle, right);
  draw_line(painter, rect, fault.button);
  if (draw_press(painter, rect, fault.button)) view.commands.push_back({fault.fire});
}

Button fault_button(const View& view, const char* id, const char* key, const char* title,
                    const std::string& target, const char* instead) {
  const bool on = view.now.server.faults_enabled;
  const bool has = view.offer.faults != picture::Has::no;
  Button button{id, key, title, {}, view.acts_on.has_value() && on && has};
  if (!on) {
    button.line = "off: start the server with --faults on";
  } else if (!has) {
    button.line = words::no_faults_here(instead);
  } else if (view.acts_on) {
    button.line = words::curl_line(*view.acts_on, target);
  }
  return button;
}

Button signal_button(const char* id, const char* key, std::string title, const char* signal,
                     const telemetry::WorkerReport* worker) {
  Button button{id, key, std::move(title), "no worker", worker != nullptr};
  if (worker) {
    button.title += " worker " + std::to_string(worker->number);
    button.line = words::kill_line(signal, worker->pid);
  }
  return button;
}

/// A signal to the primary.
std::string primary_line(const View& view, std::string_view signal) {
  return view.acts_on ? words::kill_line(signal, view.now.server.primary_pid) : std::string();
}

Button protection_button(const View& view) {
  using telemetry::Protection;
  const Protection now = view.now.server.protection;
  const bool on = now == Protection::on;
  Button button{"protection", "O", "Protection", "not known to this server"};
  button.enabled = view.acts_on && now != Protection::unknown;
  button.on = on;
  if (now != Protection::unknown) {
    button.title += on ? " on" : " off";
    if (view.acts_on) {
      button.line = words::ctl_line(*view.acts_on, on ? "protect off" : "protect on");
    }
  }
  return button;
}

/// In a row of two lines.
void draw_protection(const Painter& painter, const Rect& rect, const View& view,
                     const Button& button) {
  const float middle = lines_of(painter, rect).first;
  const float right = draw_ground(painter, rect, button, middle) - painter.px(8);
  draw_title(painter, rect, button, middle, right);
  draw_line(painter, rect, button);
  if (draw_press(painter, rect, button)) view.commands.push_back({CommandKind::toggle_protection});
}

void draw_workers_row(const Painter& painter, const Rect& rect, const View& view) {
  const std::uint64_t count = view.now.workers.size();
  const Button fewer{"fewer", "−", {}, {}, view.acts_on && count > 1};
  const Button more{"more", "+", "Workers", primary_line(view, "TTIN"), view.acts_on.has_value()};
  // Two keys in one row: minus has a place of its own at the left of plus.
  const float middle = rect.middle();
  const float cap = painter.px(26);
  const Rect minus{rect.right() - 2 * cap - painter.px(14), middle - cap / 2, cap, cap};
  painter.fill(rect, painter.colors().raised, painter.px(6));
  painter.key_cap(rect.right() - painter.px(8), middle, more.key, painter.colors().muted);
  painter.key_cap(minus.right(), minus.middle(), fewer.key, painter.colors().muted);
  const Press less = press_area(fewer.id, minus);
  if (less.hovered) painter.fill(minus, faded(painter.colors().muted, 0.3F), painter.px(4));
  if (less.clicked && fewer.enabled) view.commands.push_back({CommandKind::fewer_workers});

  const float end = painter.text(Type::small_bold, rect.x + painter.px(14), middle,
                                 painter.colors().text, more.title);
  const float right = minus.x - painter.px(12);
  draw_line_beside(painter, rect, end, right,
                   less.hovered && fewer.enabled ? primary_line(view, "TTOU") : more.line);
  if (draw_press(painter, rect, more)) view.commands.push_back({CommandKind::more_workers});
}

/// A button without its line, where room is short.
struct Choice {
  Button button;
  CommandKind command;
};

/// In two columns, read downwards.
void draw_titles(const Painter& painter, const Rect& inside, const View& view,
                 const std::vector<Choice>& choices) {
  const float gap = painter.px(kGap);
  const std::size_t rows = (choices.size() + 1) / 2;
  const auto count = static_cast<float>(rows);
  const float width = (inside.w - gap) / 2;
  const float height = std::min((inside.h - gap * (count - 1)) / count, painter.px(kLow));
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const auto& [button, command] = choices[i];
    const Rect rect{inside.x + (i < rows ? 0 : width + gap),
                    inside.y + (height + gap) * static_cast<float>(i % rows), width, height};
    const float right = draw_ground(painter, rect, button, rect.middle());
    draw_title(painter, rect, button, rect.middle(), right + painter.px(6));
    if (draw_press(painter, rect, button)) view.commands.push_back({command});
  }
}

struct RowHeights {
  float high;
  float low;
};
/// Where the window is low, rows shrink together, but those of two lines keep them as long as the
/// others can give them the room. After that they all have one line, and the same height.
RowHeights row_heights(const Painter& painter, float height, int high_rows, int low_rows) {
  const auto high = static_cast<float>(high_rows);
  const auto low = static_cast<float>(low_rows);
  const float room = height - painter.px(kGap) * (high + low - 1);
  const float shrink = std::min(1.F, room / painter.px(high * kHigh + low * kLow));
  const float rest = (room - painter.px(high * kTwoLines)) / low;
  if (shrink * kHigh < kTwoLines) {
    const float same = room / (high + low);
    return rest >= painter.px(kLeast) ? RowHeights{painter.px(kTwoLines), rest}
                                      : RowHeights{same, same};
  }
  return {painter.px(kHigh) * shrink, painter.px(kLow) * shrink};
}

/// Whom F and K are for.
std::string aim_text(const View& view, const telemetry::WorkerReport* freeze,
                     const telemetry::WorkerReport* kill) {
  if (view.state.selected_worker != 0) return "F and K: the selected worker";
  if (freeze == kill) return "F and K: the busiest worker";
  return "F: the frozen worker, K: the busiest";
}

}  // namespace

void draw_fire(const Painter& painter, const Rect& rect, const View& view) {
  const telemetry::WorkerReport* freeze = freeze_subject(view);
  const telemetry::WorkerReport* kill = kill_subject(view);
  Rect inside = painter.panel(rect, "FIRE", aim_text(view, freeze, kill));
  const float gap = painter.px(kGap);
  const bool thaws = freeze && is_frozen(view, freeze->number);
  const Fault hang{fault_button(view, "hang", "H", "Hang one worker",
                                words::hang_target(view.state.hang_mode), words::kFreezeByKey),
                   words::kHangModes, view.state.hang_mode, CommandKind::hang,
                   CommandKind::set_hang_mode};
  const Fault crash{fault_button(view, "crash", "C", "Crash",
                                 words::crash_target(view.state.crash_way), words::kKillByKey),
                    words::kCrashWays, view.state.crash_way, CommandKind::crash,
                    CommandKind::set_crash_way};
  const Choice freezing{
      signal_button("freeze", "F", thaws ? "Continue" : "Freeze", thaws ? "CONT" : "STOP", freeze),
      CommandKind::toggle_freeze};
  const Choice killing{signal_button("kill", "K", "Kill", "KILL", kill), CommandKind::kill};
  const Choice reload{
      {"reload", "R", "Reload", primary_line(view, "HUP"), view.acts_on.has_value()},
      CommandKind::reload};
  const Choice protection{protection_button(view), CommandKind::toggle_protection};
  if (inside.h < 8 * painter.px(kLeast) + 7 * gap) {
    const bool acts = view.acts_on.has_value();
    const bool running = view.load.status.running;
    return draw_titles(painter, inside, view,
                       {{{"load", "L", load_title(view), {}, acts && view.load.has_target, running},
                         CommandKind::toggle_load},
                        {hang.button, hang.fire},
                        {crash.button, crash.fire},
                        freezing,
                        killing,
                        {{"more", "+", "One more", {}, acts}, CommandKind::more_workers},
                        reload,
                        protection});
  }

  // Where the server's program is not on the PATH, its line is too long to stand beside the title.
  const float line = painter.width(Type::mono, protection.button.line);
  const bool two_lines = line > inside.w * 0.62F && line <= inside.w - painter.px(22);
  const auto [high, low] = row_heights(painter, inside.h, two_lines ? 4 : 3, two_lines ? 4 : 5);
  const auto press = [&, height = low](const Choice& choice) {
    if (draw_low(painter, inside.cut_top(height, gap), choice.button)) {
      view.commands.push_back({choice.command});
    }
  };
  draw_load(painter, inside.cut_top(high, gap), view);
  draw_fault(painter, inside.cut_top(high, gap), view, hang);
  draw_fault(painter, inside.cut_top(high, gap), view, crash);
  press(freezing);
  press(killing);
  draw_workers_row(painter, inside.cut_top(low, gap), view);
  press(reload);
  if (two_lines) {
    draw_protection(painter, inside.cut_top(high, gap), view, protection.button);
  } else {
    press(protection);
  }
}

}  // namespace forkscope::views
