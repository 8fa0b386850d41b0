#include "views/top_line.h"

#include <array>
#include <string>

#include "forkscope/telemetry/event_text.h"
#include "model/format.h"
#include "views/widgets.h"

namespace forkscope::views {

namespace {

struct Figure {
  std::string value;
  const char* label;  // before the value, as in "p99 1.8 ms"
  const char* unit;   // behind it, as in "41.2k req/s"
  bool worrying = false;
};

/// LIVE, PAUSED, … at the right end. Returns where it begins.
float draw_standing(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  const char* word = "LIVE";
  ImU32 ground = colors.fresh;
  ImU32 ink = IM_COL32_WHITE;
  if (view.now.attachment == model::Attachment::searching) {
    word = "SEARCHING";
    ground = colors.raised;
    ink = colors.text;
  } else if (view.state.paused_at_ns) {
    word = "PAUSED";
    ground = colors.slow;
    ink = colors.on_alarm;
  } else if (view.now.attachment == model::Attachment::lost) {
    word = "SERVER GONE";
    ground = colors.hung;
    ink = colors.on_alarm;
  }
  const float width = painter.width(Type::body_bold, word) + painter.px(28);
  const float help = painter.px(40);
  const Rect badge{rect.right() - width - help, rect.y + painter.px(4), width,
                   rect.h - painter.px(8)};
  painter.fill(badge, ground, painter.px(6));
  painter.text_centered(Type::body_bold, badge, ink, word);
  const Rect question{rect.right() - help, rect.y, help, rect.h};
  const Press press = press_area("help", question);
  painter.text_centered(Type::body_bold, question, press.hovered ? colors.text : colors.muted, "?");
  if (press.clicked) view.commands.push_back({CommandKind::toggle_help});
  return badge.x;
}

}  // namespace

void draw_top_line(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  const model::Totals& totals = view.calm.totals;
  float x = painter.text(Type::large_bold, rect.x + painter.px(4), rect.middle(), colors.text,
                         "Forkscope");
  const float end = draw_standing(painter, rect, view) - painter.px(16);
  if (view.now.attachment == model::Attachment::searching) return;

  std::uint64_t alive = 0;
  for (const auto& worker : view.now.workers) alive += worker.pid != 0 ? 1 : 0;
  x += painter.px(22);
  painter.shape(alive ? Shape::disc : Shape::cross, {x + painter.px(8), rect.middle()},
                painter.px(9), alive ? colors.busy : colors.dead, colors.dead_edge);
  x = painter.text(Type::body_bold, x + painter.px(24), rect.middle(), colors.text,
                   model::counted(alive, "worker"));

  // In the order of their weight: on a narrow window the last ones go.
  const bool live = view.now.attachment == model::Attachment::live;
  const double p99 = totals.p99_ms;
  const std::array<Figure, 6> figures{{
      {live ? model::compact(totals.requests_per_second) : "–", "", "req/s"},
      {live && p99 > 0 ? telemetry::duration_text(static_cast<std::uint64_t>(p99 * 1e6)) : "–",
       "p99", ""},
      {live ? model::grouped(totals.waiting) : "–", "waiting", ""},
      {model::grouped(totals.errors), "errors", "", totals.errors > 0},
      {model::grouped(totals.abandoned), "lost", "", totals.abandoned > 0},
      {view.calm.observer_cpu ? model::percent(*view.calm.observer_cpu) : "–", "observer", "CPU"},
  }};
  for (const Figure& figure : figures) {
    const float gap = painter.px(7);
    const auto part = [&](Type type, std::string_view text) {
      return text.empty() ? 0.F : painter.width(type, text) + gap;
    };
    // A slot as wide as the figure can get, so that neighbours stand still while it counts.
    const float slot = part(Type::body, figure.label) +
                       std::max(painter.width(Type::body_bold, "0"),
                                painter.width(Type::body_bold, figure.value)) +
                       part(Type::body, figure.unit);
    x += painter.px(26);
    if (x + slot > end) break;
    float at = x;
    if (*figure.label) {
      at = painter.text(Type::body, at, rect.middle(), colors.muted, figure.label) + gap +
           (figure.worrying ? painter.px(4) : 0);
    }
    if (figure.worrying) {
      const float width = painter.width(Type::body_bold, figure.value);
      painter.fill({at - painter.px(4), rect.y + painter.px(8), width + painter.px(8),
                    rect.h - painter.px(16)},
                   colors.hung, painter.px(4));
    }
    at = painter.text(Type::body_bold, at, rect.middle(),
                      figure.worrying ? colors.on_alarm : colors.text, figure.value);
    if (*figure.unit) {
      painter.text(Type::body, at + gap, rect.middle(), colors.muted, figure.unit);
    }
    x += slot;
  }
}

}  // namespace forkscope::views
