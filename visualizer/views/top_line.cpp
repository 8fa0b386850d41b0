#include "views/top_line.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/names.h"
#include "views/notice.h"
#include "views/server_list.h"
#include "views/widgets.h"
#include "words/format.h"
#include "words/glossary.h"
#include "words/rates.h"
#include "words/serving.h"
#include "words/untold.h"

namespace forkscope::views {

namespace {

constexpr float kFigureGap = 7;  // between a figure and its words
constexpr float kPlateJut = 4;   // of the plate beyond a worrying figure

struct Figure {
  std::string value;
  std::string_view label;  // before the value, as in "p99 1.8 ms"
  std::string unit;        // behind it, as in "41.2k requests/s"
  bool worrying = false;
  bool adds_up = false;  ///< A click says what it is made of.
  bool is_way = false;   ///< A click goes on to the next way to share the port.
};

struct Badge {
  std::string word;
  ImU32 ground;
  ImU32 ink;
};

Badge badge_of(const View& view, const Palette& colors) {
  if (view.paused) {
    const std::uint64_t newest_ns = view.history.newest_ns();
    const std::uint64_t behind_ns = newest_ns - std::min(newest_ns, view.time_ns);
    return {
        view.replay ? "REPLAY PAUSED" : "PAUSED  " + words::counting_seconds(behind_ns) + " ago",
        colors.slow, colors.on_alarm};
  }
  if (view.replay_has_ended()) return {"REPLAY ENDED", colors.slow, colors.on_alarm};
  if (view.replay) return {"REPLAY", colors.busy, colors.on_alarm};
  switch (view.now.attachment) {
    case picture::Attachment::searching: return {"SEARCHING", colors.raised, colors.text};
    case picture::Attachment::lost: return {"SERVER GONE", colors.hung, colors.on_alarm};
    case picture::Attachment::live: break;
  }
  if (view.now.server.draining) return {"STOPPING", colors.slow, colors.on_alarm};
  return {view.recording ? "LIVE, REC" : "LIVE", colors.fresh, IM_COL32_WHITE};
}

/// LIVE, PAUSED, … at the right end. Returns where it begins.
float draw_standing(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  const Badge badge = badge_of(view, colors);
  const float width = painter.width(Type::body_bold, badge.word) + painter.px(28);
  const float help = painter.px(40);
  const Rect plate{rect.right() - width - help, rect.y + painter.px(4), width,
                   rect.h - painter.px(8)};
  painter.fill(plate, badge.ground, painter.px(6));
  painter.text_centered(Type::body_bold, plate, badge.ink, badge.word);
  if (press_area("standing", plate).clicked && view.paused) {
    view.commands.push_back({CommandKind::go_live});
  }
  const Rect question{rect.right() - help, rect.y, help, rect.h};
  const Press press = press_area("help", question);
  painter.text_centered(Type::body_bold, question, press.hovered ? colors.text : colors.muted, "?");
  if (press.clicked) view.commands.push_back({CommandKind::toggle_help});
  return plate.x;
}

/// "4 workers", or "3 of 4 workers serve" on a plate. Returns where it ends.
float draw_workers(const Painter& painter, float x, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  const words::Serving serving = words::serving_of(view.now);
  const std::string text = serving.text();
  if (serving.well()) {
    const ImU32 ink = serving.slow > 0 ? colors.slow : colors.busy;
    painter.shape(Shape::disc, {x + painter.px(8), rect.middle()}, painter.px(9), ink, ink);
    return painter.text(Type::body_bold, x + painter.px(24), rect.middle(), colors.text, text);
  }
  const float width = painter.width(Type::body_bold, text);
  painter.fill({x, rect.y + painter.px(7), width + painter.px(20), rect.h - painter.px(14)},
               colors.hung, painter.px(4));
  painter.text(Type::body_bold, x + painter.px(10), rect.middle(), colors.on_alarm, text);
  return x + width + painter.px(20);
}

/// The word, or what a class calls it.
std::string_view named(std::string_view word, words::Tone tone) {
  return tone == words::Tone::exact ? word : words::find_term(word)->plain;
}

/// What the load's own clients saw, beside what the server counts.
Figure clients_figure(const load::LoadStatus& load) {
  return {words::grouped(load.broken) + " broken, " + words::grouped(load.failed) + " failed",
          "clients saw", "", load.broken + load.failed > 0};
}

/// In the order of their weight, what worries first: on a narrow window the last ones go.
std::vector<Figure> figures_of(const View& view) {
  using telemetry::BalancePolicy;
  using telemetry::Protection;
  const words::Tone tone = tone_of(view);
  const picture::Totals& totals = view.calm.totals;
  const Protection protection = view.now.server.protection;
  const bool live = view.now.attachment == picture::Attachment::live;
  const bool told = words::tells_requests(view.now);
  const auto counted = [&](std::uint64_t count) {
    return told ? words::grouped(count) : words::kUntold;
  };
  const auto p99_ns = static_cast<std::uint64_t>(totals.p99_ms * 1e6);
  std::vector<Figure> figures{
      {live && told ? words::Rates(view.calm.workers).whole_text() : words::kUntold, "",
       "requests/s"}};
  // A program's connections are its own, which is no alarm.
  const bool may_be_on = protection != Protection::unknown && !words::runs_program(view.now);
  if (may_be_on && protection == Protection::off) {
    figures.push_back({"off", "protection", "", true});
  }
  figures.push_back({counted(totals.abandoned), "",
                     words::plural(totals.abandoned, "request") + " lost", totals.abandoned > 0});
  figures.back().adds_up = true;
  if (may_be_on) {
    figures.push_back({words::grouped(totals.moved_in_all()), "", "moved"});
  }
  if (const auto balance = view.now.server.balance; balance != BalancePolicy::unknown) {
    figures.push_back({std::string(telemetry::to_string(balance)), named("balance", tone), ""});
    figures.back().is_way = true;
  }
  figures.push_back({counted(totals.errors), "", words::plural(totals.errors, "error answer"),
                     totals.errors > 0});
  if (view.load.status.running && !view.paused) {
    figures.push_back(clients_figure(view.load.status));
  }
  figures.push_back(
      {live && p99_ns > 0 ? telemetry::duration_text(p99_ns) : "–", named("p99", tone), ""});
  const bool waiting_known = live && !words::runs_program(view.now);
  figures.push_back({waiting_known ? words::grouped(totals.waiting) : words::kUntold, "",
                     std::string(named("waiting", tone))});
  // Of this machine and this moment, whatever moment is shown; a replay has none.
  if (const std::optional<double> observer = view.history.latest().observer_cpu) {
    figures.push_back({words::percent(*observer), named("observer", tone), "CPU"});
  }
  std::stable_partition(figures.begin() + 1, figures.end(), std::mem_fn(&Figure::worrying));
  return figures;
}

/// The place that a figure takes with its words.
float width_of(const Painter& painter, const Figure& figure) {
  const auto part = [&](Type type, std::string_view text) {
    return text.empty() ? 0.F : painter.width(type, text) + painter.px(kFigureGap);
  };
  const float plate = figure.worrying && figure.unit.empty() ? painter.px(2 * kPlateJut) : 0;
  return part(Type::body, figure.label) + plate +
         std::max(painter.width(Type::body_bold, "0"),
                  painter.width(Type::body_bold, figure.value)) +
         part(Type::body, figure.unit);
}

void draw_figure(const Painter& painter, float x, const Rect& line, const Figure& figure) {
  const Palette& colors = painter.colors();
  const float gap = painter.px(kFigureGap);
  const float jut = figure.worrying ? painter.px(kPlateJut) : 0;
  if (!figure.label.empty()) {
    x = painter.text(Type::body, x, line.middle(), colors.muted, figure.label) + gap + jut;
  }
  if (figure.worrying) {
    const float width = painter.width(Type::body_bold, figure.value);
    painter.fill({x - jut, line.y + painter.px(8), width + 2 * jut, line.h - painter.px(16)},
                 colors.hung, painter.px(4));
  }
  x = painter.text(Type::body_bold, x, line.middle(),
                   figure.worrying ? colors.on_alarm : colors.text, figure.value);
  painter.text(Type::body, x + gap + jut, line.middle(), colors.muted, figure.unit);
}

/// As many as have room from `x` to `end`.
void draw_figures(const Painter& painter, float x, float end, const Rect& line, const View& view) {
  const auto width_of_all = [&](const std::vector<Figure>& all) {
    return std::accumulate(all.begin(), all.end(), 0.F, [&](float sum, const Figure& figure) {
      return sum + width_of(painter, figure);
    });
  };
  const std::vector<Figure> figures = figures_of(view);
  const float all = width_of_all(figures);
  const float between = std::clamp((end - x - all) / static_cast<float>(figures.size()),
                                   painter.px(12), painter.px(24));
  for (const Figure& figure : figures) {
    const float width = width_of(painter, figure);
    x += between;
    if (x + width > end) break;
    draw_figure(painter, x, line, figure);
    if (figure.adds_up && press_area("losses", {x, line.y, width, line.h}).clicked) {
      view.commands.push_back({CommandKind::toggle_losses});
    }
    if (figure.is_way && press_area("balance", {x, line.y, width, line.h}).clicked) {
      view.commands.push_back({CommandKind::next_balance});
    }
    x += width;
  }
}

}  // namespace

Rect draw_top_line(const Painter& painter, const Rect& rect, const View& view) {
  const float gap = painter.px(22);
  float x = painter.text(Type::large_bold, rect.x + painter.px(4), rect.middle(),
                         painter.colors().text, "Forkscope") +
            gap;
  const float end = draw_standing(painter, rect, view) - painter.px(16);
  const float chip_end = draw_server_chip(painter, x, rect, view);
  if (chip_end > x) x = chip_end + gap;
  const bool searching = view.now.attachment == picture::Attachment::searching;
  if (!searching) x = draw_workers(painter, x, rect, view);
  const float room = std::max(0.F, end - x - painter.px(16));
  const float width = std::min(notice_width(painter, view), room);
  const Rect notice{end - width, rect.y, width, rect.h};
  if (!searching) {
    draw_figures(painter, x, width > 0 ? notice.x - painter.px(16) : end, rect, view);
  }
  return notice;
}

}  // namespace forkscope::views
