#include "views/incident_strip.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "views/layout.h"
#include "views/widgets.h"
#include "words/format.h"
#include "words/phrase.h"
#include "words/wording.h"

namespace forkscope::views {

using history::Incident;
using words::PhraseKind;
using words::Sentence;

namespace {

constexpr std::uint64_t kReceiptBesideNs = 10'000'000'000;  // how long one stays beside newer ones

/// The state as big as it gets, the other phrases behind it in the biggest type that has room. What
/// moved is for the back row: it is never smaller.
void draw_sentence(const Painter& painter, float x, const Rect& rect, Type first, ImU32 color,
                   const Sentence& sentence) {
  x = painter.text(first, x, rect.middle(), color, sentence.front().text);
  const float right = rect.right() - painter.px(18);
  Type type = Type::large;
  float gap = painter.px(34);
  const auto type_of = [&](const words::Phrase& phrase) {
    return phrase.kind == PhraseKind::moved ? Type::large_bold : type;
  };
  const auto fits = [&](const Sentence& shown) {
    float end = x;
    for (std::size_t i = 1; i < shown.size(); ++i) {
      end += gap + painter.width(type_of(shown[i]), shown[i].text);
    }
    return end <= right;
  };
  if (!fits(sentence)) {
    type = Type::body_bold;
    gap = painter.px(20);
  }
  // Rather one figure less than type that the back row cannot read.
  const Sentence shown = shortened(sentence, 2, fits);
  for (std::size_t i = 1; i < shown.size(); ++i) {
    x += gap;
    x = painter.text_elided(type_of(shown[i]), x, rect.middle(), right - x, color, shown[i].text);
  }
}

/// "why?" at the right end of a strip. Takes its place off the strip.
void draw_why_button(const Painter& painter, Rect& strip, const View& view, std::size_t index,
                     ImU32 ink) {
  const bool unfolded = view.state.why && view.state.why_strip == index;
  const std::string_view text = unfolded ? "close" : "why?";
  const float width = painter.width(Type::body_bold, text) + painter.px(56);
  Rect button = strip.cut_right(width + painter.px(12), painter.px(18));
  button = {button.x, button.y + painter.px(11), width, button.h - painter.px(22)};
  const std::string id = "why " + std::to_string(index);
  const Press press = press_area(id.c_str(), button);
  painter.outline(button, faded(ink, press.hovered ? 1 : 0.55F), painter.px(2), painter.px(6));
  painter.text(Type::body_bold, button.x + painter.px(12), button.middle(), ink, text);
  painter.key_cap(button.right() - painter.px(8), button.middle(), "W", faded(ink, 0.7F));
  if (press.clicked) view.commands.push_back({CommandKind::toggle_why, index});
}

void draw_open(const Painter& painter, const Rect& rect, const View& view, const Incident& incident,
               std::size_t index, std::size_t more) {
  const Palette& colors = painter.colors();
  painter.fill(rect, colors.hung);
  Rect inside = rect;
  const Rect edge = inside.cut_left(painter.px(46), painter.px(18));
  painter.hatch(edge, colors.hatch);
  draw_why_button(painter, inside, view, index, colors.on_alarm);
  if (more > 0) {
    const std::string text = "+" + std::to_string(more) + " more";
    const Rect plate = inside.cut_right(painter.width(Type::large_bold, text), painter.px(24));
    painter.text(Type::large_bold, plate.x, plate.middle(), colors.on_alarm, text);
  }
  draw_sentence(painter, inside.x, inside, Type::banner, colors.on_alarm,
                about("WORKER " + std::to_string(incident.worker),
                      words::headline(incident, view.now, view.history.zone())));
}

void draw_closed(const Painter& painter, const Rect& rect, const View& view,
                 const Incident& incident, std::size_t index) {
  const Palette& colors = painter.colors();
  painter.fill(rect, colors.panel, painter.px(6));
  painter.fill({rect.x, rect.y, painter.px(8), rect.h}, colors.fresh, painter.px(3));
  painter.shape(Shape::plus, {rect.x + painter.px(34), rect.middle()}, painter.px(12), colors.fresh,
                colors.fresh);
  Rect inside = rect;
  inside.cut_left(painter.px(18));
  draw_why_button(painter, inside, view, index, colors.text);
  if (!view.state.presenter) {  // a class has more use for what it cost
    const std::string when =
        words::clock_time(view.history.wall_clock_at(incident.back_ns), view.history.zone());
    const Rect time = inside.cut_right(painter.width(Type::body, when), painter.px(10));
    painter.text(Type::body, time.x, time.middle(), colors.muted, when);
  }
  draw_sentence(painter, inside.x + painter.px(46), inside, Type::large_bold, colors.text,
                about("Worker " + std::to_string(incident.worker), words::receipt(incident)));
}

void draw_quiet(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  painter.fill(rect, colors.panel, painter.px(6));
  const std::string text = view.now.server.faults_enabled && !view.replay
                               ? "No incident so far. Press H, and one worker will hang."
                               : "No incident so far.";
  painter.text_elided(Type::body, rect.x + painter.px(24), rect.middle(), rect.w - painter.px(48),
                      colors.muted, text);
}

void draw_lost(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  painter.fill(rect, colors.hung);
  draw_sentence(
      painter, rect.x + painter.px(24), rect, Type::banner, colors.on_alarm,
      {{PhraseKind::state, "SERVER GONE"}, {PhraseKind::fact, view.now.attachment_detail}});
}

}  // namespace

std::vector<Incident> incident_strips(const View& view) {
  std::vector<Incident> open;
  std::vector<Incident> closed;
  for (auto it = view.incidents.rbegin(); it != view.incidents.rend(); ++it) {
    (it->open() ? open : closed).push_back(*it);
  }
  // The oldest trouble first; "+N more" counts what does not fit.
  std::reverse(open.begin(), open.end());
  std::vector<Incident> strips = std::move(open);
  for (const Incident& incident : closed) {
    const bool recent = view.time_ns < incident.back_ns + kReceiptBesideNs;
    if (strips.size() >= kMostStrips || (!strips.empty() && !recent)) break;
    strips.push_back(incident);
  }
  if (strips.empty()) strips.emplace_back();
  return strips;
}

void draw_incident_strips(const Painter& painter, const Rect& rect, const View& view,
                          const std::vector<Incident>& strips) {
  Rect rest = rect;
  const float pitch = painter.px(kStripUnits + kStripGap);
  const auto room = static_cast<std::size_t>((rect.h + painter.px(kStripGap) + 0.5F) / pitch);
  const std::size_t shown = std::min(strips.size(), std::clamp(room, std::size_t{1}, kMostStrips));
  for (std::size_t i = 0; i < shown; ++i) {
    const Rect strip = rest.cut_top(painter.px(kStripUnits), painter.px(kStripGap));
    if (i == 0 && view.now.attachment == picture::Attachment::lost) {
      draw_lost(painter, strip, view);
    } else if (strips[i].worker == 0) {
      draw_quiet(painter, strip, view);
    } else if (strips[i].open()) {
      draw_open(painter, strip, view, strips[i], i, i + 1 == shown ? strips.size() - shown : 0);
    } else {
      draw_closed(painter, strip, view, strips[i], i);
    }
  }
}

}  // namespace forkscope::views
