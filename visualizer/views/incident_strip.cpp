#include "views/incident_strip.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "views/layout.h"
#include "views/mark.h"
#include "views/outage_bar.h"
#include "views/widgets.h"
#include "words/change_text.h"
#include "words/format.h"
#include "words/lacks.h"
#include "words/outage.h"
#include "words/phrase.h"
#include "words/wording.h"

namespace forkscope::views {

using history::Incident;
using words::PhraseKind;
using words::Sentence;

namespace {

constexpr float kOutageBar = 340;
constexpr float kPhraseLeast = 150;  // of a phrase that is cut

std::string clock_at(const View& view, std::uint64_t time_ns) {
  return words::clock_time(view.history.wall_clock_at(time_ns), view.history.zone());
}

/// When what has a receipt was over.
std::uint64_t over_ns(const IncidentStrip& strip) {
  return strip.incident ? strip.incident->back_ns : strip.change ? strip.change->end_ns : 0;
}

bool is_recent(const IncidentStrip& strip, const View& view) {
  return view.time_ns < over_ns(strip) + words::kReceiptNs;
}

/// At the left end of a strip that is no alarm.
void draw_strip_mark(const Painter& painter, const Rect& strip, const Mark& mark) {
  draw_mark(painter, mark, {strip.x + painter.px(34), strip.middle()}, painter.px(12), mark.color);
}

/// From `rect.x` on, in the biggest type that has room. What moved is for the back row: it gets
/// smaller last. Returns how many phrases there was room for.
std::size_t draw_phrases(const Painter& painter, const Rect& rect, ImU32 color,
                         const Sentence& sentence) {
  Type type = Type::large;
  Type moved = Type::large_bold;
  float gap = painter.px(34);
  const auto type_of = [&](const words::Phrase& phrase) {
    return phrase.kind == PhraseKind::moved ? moved : type;
  };
  const auto fits = [&](const Sentence& shown) {
    float width = -gap;
    for (const words::Phrase& phrase : shown) {
      width += gap + painter.width(type_of(phrase), phrase.text);
    }
    return width <= rect.w;
  };
  if (!fits(sentence)) {
    type = Type::body_bold;
    gap = painter.px(20);
  }
  // Rather one figure less than type that the back row cannot read.
  if (!sentence.empty() && !fits({sentence.front()})) moved = Type::body_bold;
  const Sentence shown = shortened(sentence, 1, fits);
  if (!fits(shown)) type = Type::small_bold;  // the smallest that it can
  float x = rect.x;
  std::size_t drawn = 0;
  for (const words::Phrase& phrase : shown) {
    const float room = rect.right() - x;
    const bool whole = painter.width(type_of(phrase), phrase.text) <= room;
    if (!whole && room < painter.px(kPhraseLeast)) break;
    x = gap + painter.text_elided(type_of(phrase), x, rect.middle(), room, color, phrase.text);
    ++drawn;
  }
  return drawn;
}

/// The state as big as it gets, and what follows it. Of a process that hangs that has two lines,
/// the second one for the front row: which process it is, and what the first had no room for.
void draw_sentence(const Painter& painter, Rect rect, Type first, ImU32 color,
                   const Sentence& sentence) {
  const float end = painter.text_elided(first, rect.x, rect.middle(), rect.w - painter.px(18),
                                        color, sentence.front().text);
  rect.cut_left(end - rect.x, painter.px(34));
  rect.cut_right(painter.px(18));
  const auto second = std::find_if(sentence.begin(), sentence.end(), [](const auto& phrase) {
    return phrase.kind == PhraseKind::process;
  });
  const bool two_lines = second != sentence.end();
  const Rect line = two_lines ? rect.cut_top(painter.px(36)) : rect;
  const std::size_t shown = draw_phrases(painter, line, color, {sentence.begin() + 1, second});
  if (!two_lines) return;
  const Sentence rest(sentence.begin() + 1 + static_cast<std::ptrdiff_t>(shown), sentence.end());
  const auto fits = [&](const Sentence& some) {
    return painter.width(Type::small_bold, joined(some)) <= rect.w;
  };
  painter.text_elided(Type::small_bold, rect.x, rect.y + painter.px(8), rect.w, color,
                      joined(shortened(rest, 1, fits)));
}

/// "why?" at the right end of a strip. Takes its place off the strip.
void draw_why_button(const Painter& painter, Rect& strip, const View& view, std::size_t index,
                     bool unfolded, ImU32 ink) {
  const std::string_view text = unfolded ? "close" : "why?";
  const float width = painter.width(Type::body_bold, text) + painter.px(56);
  Rect button = strip.cut_right(width + painter.px(12), painter.px(18));
  button = {button.x, button.y + painter.px(11), width, button.h - painter.px(22)};
  const std::string id = "why " + std::to_string(index);
  const Press press = press_area(id.c_str(), button);
  painter.outline(button, faded(ink, press.hovered ? 1 : 0.55F), painter.px(2), painter.px(6));
  painter.text(Type::body_bold, button.x + painter.px(12), button.middle(), ink, text);
  painter.key_cap(button.right() - painter.px(8), button.middle(), "W", faded(ink, 0.7F));
  if (!press.clicked) return;
  Command command{CommandKind::toggle_why};  // closes what is unfolded
  if (!unfolded) command.value = index;
  view.commands.push_back(command);
}

void draw_open(const Painter& painter, const Rect& rect, const View& view, const Incident& incident,
               std::size_t index, bool unfolded, std::size_t more) {
  const Palette& colors = painter.colors();
  painter.fill(rect, colors.hung);
  Rect inside = rect;
  const Rect edge = inside.cut_left(painter.px(46), painter.px(18));
  painter.hatch(edge, colors.hatch);
  painter.explain(edge, words::word(incident.is_dead() ? words::Look::dead : words::Look::hung));
  draw_why_button(painter, inside, view, index, unfolded, colors.on_alarm);
  if (more > 0) {
    const std::string text = "+" + std::to_string(more) + " more";
    const Rect plate = inside.cut_right(painter.width(Type::large_bold, text), painter.px(24));
    painter.text(Type::large_bold, plate.x, plate.middle(), colors.on_alarm, text);
  }
  draw_sentence(painter, inside, Type::banner, colors.on_alarm,
                about("WORKER " + std::to_string(incident.worker),
                      words::headline(incident, view.now, view.history.zone(), tone_of(view))));
}

/// How long it was out, as a bar and in words; the bar gives way. To a class it is said here how it
/// ended, where there is anything to add and room for that.
void draw_outage(const Painter& painter, Rect rect, const Incident& incident,
                 const Sentence& receipt, words::Tone tone) {
  const words::Outage outage = words::outage_of(incident);
  std::string text = words::outage_text(incident, tone);
  for (const words::Phrase& phrase : receipt) {
    if (tone == words::Tone::exact || phrase.kind != PhraseKind::end) continue;
    const std::string end = std::string(words::kBetween) + phrase.text;
    const float room = rect.w - painter.px(18 + 14 + kOutageBar / 4);
    if (painter.width(Type::small_bold, text + end) <= room) text += end;
  }
  rect.cut_right(painter.px(18));
  if (outage.begin_ns != 0 && outage.over_ns > outage.begin_ns) {
    const float gap = painter.px(14);
    const float room = rect.w - gap - painter.width(Type::small_bold, text);
    const float width = std::clamp(room, painter.px(kOutageBar / 4), painter.px(kOutageBar));
    const Rect bar = rect.cut_left(width, gap);
    draw_outage_bar(painter, {bar.x, bar.y + painter.px(3), bar.w, painter.px(15)}, outage);
  }
  painter.text_elided(Type::small_bold, rect.x, rect.y + painter.px(10), rect.w,
                      painter.colors().text, text);
}

void draw_closed(const Painter& painter, const Rect& rect, const View& view,
                 const Incident& incident, std::size_t index, bool unfolded) {
  const Palette& colors = painter.colors();
  painter.fill(rect, colors.panel, painter.px(6));
  painter.fill({rect.x, rect.y, painter.px(8), rect.h}, colors.fresh, painter.px(3));
  draw_strip_mark(painter, rect,
                  {Shape::plus, colors.fresh, incident.recovered ? "recovered" : "respawned"});
  Rect inside = rect;
  inside.cut_left(painter.px(18));
  draw_why_button(painter, inside, view, index, unfolded, colors.text);
  if (!view.state.presenter) {  // a class has more use for what it cost
    const std::string when = clock_at(view, incident.back_ns);
    const Rect time = inside.cut_right(painter.width(Type::body, when), painter.px(10));
    painter.text(Type::body, time.x, time.middle(), colors.muted, when);
  }
  inside.cut_left(painter.px(46));
  const Rect line = inside.cut_top(painter.px(36));
  const words::Tone tone = tone_of(view);
  const Sentence receipt = words::receipt(incident, tone);
  Sentence above = without(receipt, PhraseKind::outage);
  if (tone == words::Tone::plain) above = without(std::move(above), PhraseKind::end);
  draw_sentence(painter, line, Type::large_bold, colors.text,
                about("Worker " + std::to_string(incident.worker), std::move(above)));
  draw_outage(painter, inside, incident, receipt, tone);
}

/// A reload or a scaling, under way or over.
void draw_change(const Painter& painter, const Rect& rect, const View& view,
                 const history::Change& change) {
  const Palette& colors = painter.colors();
  const ImU32 color = change.open() ? colors.busy : colors.fresh;
  painter.fill(rect, colors.panel, painter.px(6));
  painter.fill({rect.x, rect.y, painter.px(8), rect.h}, color, painter.px(3));
  draw_strip_mark(painter, rect,
                  {change.open() ? Shape::half_disc : Shape::plus, color,
                   change.kind == history::ChangeKind::reload ? "reload" : "scaling"});
  Rect inside = rect;
  inside.cut_left(painter.px(64));
  if (!change.open() && !view.state.presenter) {
    const std::string when = clock_at(view, change.end_ns);
    inside.cut_right(painter.px(18));
    const Rect time = inside.cut_right(painter.width(Type::body, when), painter.px(10));
    painter.text(Type::body, time.x, time.middle(), colors.muted, when);
  }
  draw_sentence(painter, inside, Type::large_bold, colors.text,
                words::change_text(change, view.time_ns));
}

/// What has been over for ten seconds is a line, behind the word that nothing is wrong now.
void draw_line(const Painter& painter, const Rect& rect, const View& view,
               const IncidentStrip& strip, std::size_t index, bool unfolded) {
  const Palette& colors = painter.colors();
  painter.fill(rect, colors.panel, painter.px(6));
  Rect inside = rect;
  inside.cut_left(painter.px(24));
  if (strip.incident) draw_why_button(painter, inside, view, index, unfolded, colors.muted);
  const std::string what =
      strip.change ? joined(words::change_text(*strip.change, view.time_ns))
                   : joined(about("worker " + std::to_string(strip.incident->worker),
                                  words::brief_receipt(*strip.incident, tone_of(view))));
  const float x =
      painter.text(Type::body, inside.x, inside.middle(), colors.muted, "No incident now.") +
      painter.px(24);
  painter.text_elided(Type::body, x, inside.middle(), inside.right() - painter.px(18) - x,
                      colors.muted, "Last, " + clock_at(view, over_ns(strip)) + ": " + what);
}

/// A worker that keeps a request waiting, and how far it is from being called hung.
void draw_wait(const Painter& painter, const Rect& rect, const words::Wait& wait,
               std::size_t more) {
  const Palette& colors = painter.colors();
  painter.fill(rect, colors.panel, painter.px(6));
  painter.fill({rect.x, rect.y, painter.px(8), rect.h}, colors.slow, painter.px(3));
  draw_strip_mark(painter, rect, mark_of(words::Look::slow, colors));
  Rect inside = rect;
  inside.cut_left(painter.px(64));
  inside.cut_right(painter.px(18));
  Rect line = inside.cut_top(painter.px(36));
  if (more > 0) {
    const std::string text = "+" + words::counted(more, "worker");
    const Rect plate = line.cut_right(painter.width(Type::large_bold, text), painter.px(20));
    painter.text(Type::large_bold, plate.x, plate.middle(), colors.text, text);
  }
  painter.text_elided(Type::large_bold, line.x, line.middle(), line.w, colors.text,
                      "Worker " + std::to_string(wait.worker) + ": " + words::wait_text(wait));
  const std::string limit = words::limit_text(wait);
  if (limit.empty()) return;
  Rect track{inside.x, inside.y + painter.px(3), 0, painter.px(15)};
  track.w =
      std::max(0.F, std::min(painter.px(2 * kOutageBar),
                             inside.w - painter.width(Type::small_bold, limit) - painter.px(14)));
  painter.fill(track, colors.line);
  painter.fill({track.x, track.y, track.w * static_cast<float>(wait.share()), track.h},
               colors.slow);
  painter.text(Type::small_bold, track.right() + painter.px(14), inside.y + painter.px(10),
               colors.text, limit);
}

void draw_quiet(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  painter.fill(rect, colors.panel, painter.px(6));
  std::string text = "No incident so far.";
  if (view.now.server.faults_enabled && !view.replay) {
    text += view.offer.faults == picture::Has::no ? words::kInviteToFreeze : words::kInviteToHang;
  }
  painter.text_elided(Type::body, rect.x + painter.px(24), rect.middle(), rect.w - painter.px(48),
                      colors.muted, text);
}

void draw_lost(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  painter.fill(rect, colors.hung);
  draw_sentence(
      painter, {rect.x + painter.px(24), rect.y, rect.w - painter.px(24), rect.h}, Type::banner,
      colors.on_alarm,
      {{PhraseKind::state, "SERVER GONE"}, {PhraseKind::fact, view.now.attachment_detail}});
}

}  // namespace

std::vector<IncidentStrip> incident_strips(const View& view) {
  std::vector<IncidentStrip> strips;
  // The oldest trouble first; "+N more" counts what does not fit.
  for (const Incident& incident : view.incidents) {
    if (incident.open()) strips.push_back({.incident = incident});
  }
  // One strip, however many: they come and go, and what is below must not jump.
  if (const auto waits = words::waits(view.now); !waits.empty()) {
    strips.push_back({.wait = waits.front(), .more_waits = waits.size() - 1});
  }
  std::vector<IncidentStrip> receipts;
  for (const history::Change& change : history::recent_changes(view.history, view.time_ns)) {
    (change.open() ? strips : receipts).push_back({.change = change});
  }
  for (const Incident& incident : view.incidents) {
    if (!incident.open()) receipts.push_back({.incident = incident});
  }
  std::stable_sort(receipts.begin(), receipts.end(), [](const auto& left, const auto& right) {
    return over_ns(left) > over_ns(right);
  });
  for (IncidentStrip& receipt : receipts) {
    const bool recent = is_recent(receipt, view);
    if (strips.size() >= kMostStrips || (!strips.empty() && !recent)) break;
    strips.push_back(std::move(receipt));
  }
  if (strips.empty()) strips.emplace_back();
  return strips;
}

std::size_t shown_strips(const Painter& painter, const Rect& rect,
                         const std::vector<IncidentStrip>& strips) {
  const float pitch = painter.px(kStripUnits + kStripGap);
  const auto room = static_cast<std::size_t>((rect.h + painter.px(kStripGap) + 0.5F) / pitch);
  return std::min(strips.size(), std::clamp(room, std::size_t{1}, kMostStrips));
}

std::optional<std::size_t> unfolded_strip(const View& view,
                                          const std::vector<IncidentStrip>& strips,
                                          std::size_t shown) {
  if (!view.state.why) return std::nullopt;
  for (std::size_t i = std::min(view.state.why_strip, shown - 1); i < shown; ++i) {
    if (strips[i].incident) return i;
  }
  return std::nullopt;
}

void draw_incident_strips(const Painter& painter, const Rect& rect, const View& view,
                          const std::vector<IncidentStrip>& strips) {
  Rect rest = rect;
  const std::size_t shown = shown_strips(painter, rect, strips);
  const auto unfolded = unfolded_strip(view, strips, shown);
  for (std::size_t i = 0; i < shown; ++i) {
    const Rect strip = rest.cut_top(painter.px(kStripUnits), painter.px(kStripGap));
    const auto& incident = strips[i].incident;
    if (i == 0 && view.now.attachment == picture::Attachment::lost) {
      draw_lost(painter, strip, view);
    } else if (strips[i].wait) {
      draw_wait(painter, strip, *strips[i].wait, strips[i].more_waits);
    } else if (over_ns(strips[i]) != 0 && !is_recent(strips[i], view)) {
      draw_line(painter, strip, view, strips[i], i, unfolded == i);
    } else if (strips[i].change) {
      draw_change(painter, strip, view, *strips[i].change);
    } else if (!incident) {
      draw_quiet(painter, strip, view);
    } else if (incident->open()) {
      const std::size_t more = i + 1 == shown ? strips.size() - shown : 0;
      draw_open(painter, strip, view, *incident, i, unfolded == i, more);
    } else {
      draw_closed(painter, strip, view, *incident, i, unfolded == i);
    }
  }
}

}  // namespace forkscope::views
