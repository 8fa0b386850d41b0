#include "views/worker_row.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "forkscope/telemetry/event_text.h"
#include "views/mark.h"
#include "views/worker_lane.h"
#include "words/format.h"
#include "words/glossary.h"
#include "words/phrase.h"
#include "words/wording.h"

namespace forkscope::views {

using telemetry::WorkerReport;
using words::Look;
using words::PhraseKind;
using words::Sentence;

namespace {

constexpr float kTallRow = 66;                     // from here on: two lines of details
constexpr float kWideRow = 900;                    // from here on: process details
constexpr float kNarrowRow = 560;                  // from here down an alarm's words come first
constexpr std::uint64_t kVisibleNs = 100'000'000;  // younger requests only flicker

/// "4.2 s  GET /v1/faults/hang", or nothing. The age comes first: a narrow lane cuts the path.
std::string request_in_flight(const View& view, const WorkerReport& worker) {
  if (!worker.in_flight || view.now.time_ns < worker.in_flight->start_ns + kVisibleNs) return {};
  return words::counting_seconds(view.now.time_ns - worker.in_flight->start_ns) + " in " +
         std::string(telemetry::to_string(worker.in_flight->method)) + " " +
         telemetry::printable(worker.in_flight->path);
}

/// What a class calls it.
std::string plain_word(Look look) {
  const words::Term* term = words::find_term(words::word(look));
  return term ? std::string(term->plain) : std::string();
}

/// Whether its word is of the field, and nothing else on the row says what it means.
bool says_little(Look look) {
  return look == Look::draining || look == Look::aborting || look == Look::backoff;
}

/// What is going on with it: the request it is stuck in and how, or how it died; or nothing.
Sentence situation(const View& view, const WorkerReport& worker, Look look) {
  std::string text;
  if (is_dead(look) && worker.last_exit) {
    text = words::end_text(static_cast<std::uint32_t>(worker.last_exit->cause),
                           worker.last_exit->code, tone_of(view));
  } else {
    text = request_in_flight(view, worker);
  }
  if (is_hung(look) && text.empty() && worker.stuck_since_ns != 0) {
    text = words::counting_seconds(view.now.time_ns -
                                   std::min(view.now.time_ns, worker.stuck_since_ns));
  }
  Sentence sentence;
  if (!text.empty()) sentence.push_back({PhraseKind::state, std::move(text)});
  const std::string how(is_hung(look) ? words::manner(worker.hang_kind, tone_of(view)) : "");
  if (!how.empty()) sentence.push_back({PhraseKind::fact, how});
  // A state that a class has no word for is said once more.
  if (tone_of(view) == words::Tone::plain && says_little(look)) {
    sentence.insert(sentence.begin(), {PhraseKind::state, plain_word(look)});
  }
  return sentence;
}

/// As much of a sentence as `width` has room for, and `least` phrases even where it has not.
std::string fitting(const Painter& painter, Type type, float width, const Sentence& sentence,
                    std::size_t least, std::string_view between) {
  const auto fits = [&](const Sentence& shown) {
    return painter.width(type, joined(shown, between)) <= width;
  };
  return joined(shortened(sentence, least, fits), between);
}

/// "pid 4711   gen 1   core 0", as much of it as `width` has room for.
std::string process_details(const Painter& painter, const WorkerReport& worker, words::Tone tone,
                            float width) {
  const Sentence details{
      {PhraseKind::fact, worker.pid ? "pid " + std::to_string(worker.pid) : "no process"},
      {PhraseKind::fact, words::generation_text(worker.generation, tone)},
      {PhraseKind::fact, "core " + std::to_string(worker.core)},
      {PhraseKind::fact, words::counted(worker.connections, "connection")}};
  return fitting(painter, Type::small, width, details, 0, "   ");
}

void draw_ground(const Painter& painter, const Rect& rect, const View& view,
                 const WorkerReport& worker, Look look) {
  const Palette& colors = painter.colors();
  if (is_hung(look)) painter.fill(rect, faded(colors.hung, 0.16F), painter.px(5));
  if (is_dead(look)) painter.fill(rect, faded(colors.dead, 0.20F), painter.px(5));
  if (worker.number == view.state.selected_worker) {
    painter.outline(rect, colors.text, painter.px(2), painter.px(5));
  }
}

/// Shape, number and word, big unless the row is too low. Returns where the columns behind it
/// begin.
float draw_state(const Painter& painter, const Rect& rect, const WorkerReport& worker, Look look) {
  const Palette& colors = painter.colors();
  const Mark mark = mark_of(look, colors);
  const bool big = rect.h >= painter.height(Type::large);
  const Type type = big ? Type::large : Type::body;
  const Type bold = big ? Type::large_bold : Type::body_bold;
  const float middle = rect.middle();
  draw_mark(painter, mark, {rect.x + painter.px(22), middle}, painter.px(big ? 11 : 8),
            is_hung(look) ? colors.on_alarm : colors.dead_edge);
  float x = rect.x + painter.px(42) + painter.width(bold, worker.number > 99 ? "000" : "00");
  painter.text_right(bold, x, middle, colors.text, std::to_string(worker.number));
  x += painter.px(20);
  const auto word = words::word(look);
  if (is_alarm(look)) {
    const float pad = painter.px(9);
    const float height = std::min(painter.px(36), rect.h);
    painter.fill({x - pad, middle - height / 2, painter.width(bold, word) + 2 * pad, height},
                 mark.color, painter.px(4));
    painter.text(bold, x, middle, is_hung(look) ? colors.on_alarm : IM_COL32_WHITE, word);
  } else {
    painter.text(look == Look::fresh ? bold : type, x, middle,
                 look == Look::idle ? colors.muted : colors.text, word);
  }
  if (rect.w < painter.px(kNarrowRow)) return x + painter.width(bold, word) + painter.px(22);
  return x + painter.px(big ? 138 : 104);
}

/// A row and what it is about. Borrows everything.
struct Row {
  const Painter& painter;
  const View& view;
  const WorkerReport& worker;
  const WorkerReport& calm;
  const RowContext& context;
  Look look;

  /// What goes on, or else what has happened lately, as much of it as has room.
  std::string words(float width) const {
    const Sentence now = situation(view, worker, look);
    return now.empty()
               ? fitting(painter, Type::small_bold, width, context.story, 1, words::kBetween)
               : fitting(painter, Type::small_bold, width, now, 1, ", ");
  }
  void draw_rate(const Rect& rect) const;
  // Both return where the lane is.
  Rect draw_two_lines(Rect lane, Rect rate, float right) const;
  Rect draw_one_line(Rect rest, const Rect& rate, bool with_pid) const;
};

void Row::draw_rate(const Rect& rect) const {
  if (rect.w <= 0) return;
  const Palette& colors = painter.colors();
  // Who has just died still has its part in the whole.
  const bool served = context.rates.of(worker.number) > 0;
  painter.text_right(Type::body_bold, rect.right(), rect.middle(),
                     served ? colors.text : colors.muted,
                     served || worker.pid != 0 ? context.rates.text_of(worker.number) + "/s" : "–");
}

/// The words stand below the lane and the rate, up to `right`.
Rect Row::draw_two_lines(Rect lane, Rect rate, float right) const {
  const Palette& colors = painter.colors();
  Rect line = lane.cut_bottom(painter.px(24), painter.px(3));
  line.w = right - line.x;
  const std::string text = words(line.w);
  float x = painter.text_elided(Type::small_bold, line.x, line.middle(), line.w, colors.text, text);
  x += text.empty() ? 0 : painter.px(18);
  painter.text(Type::small, x, line.middle(), colors.muted,
               process_details(painter, calm, tone_of(view), line.right() - x));
  draw_worker_lane(painter, lane, view, worker.number, context);
  rate.y = lane.y;
  rate.h = lane.h;
  draw_rate(rate);
  return lane;
}

/// The words stand on a plate over the lane.
Rect Row::draw_one_line(Rect rest, const Rect& rate, bool with_pid) const {
  draw_rate(rate);
  if (with_pid) {
    const Rect details = rest.cut_left(painter.width(Type::small, "pid 0000000"), painter.px(12));
    painter.text(Type::small, details.x, details.middle(), painter.colors().muted,
                 process_details(painter, calm, tone_of(view), details.w));
  }
  const Rect lane = rest.inset(0, painter.px(3));
  draw_worker_lane(painter, lane, view, worker.number, context);
  const float pad = painter.px(6);
  const std::string text = words(lane.w - 2 * pad);
  if (text.empty()) return lane;
  const float width = std::min(painter.width(Type::small_bold, text), lane.w - 2 * pad);
  painter.fill({lane.x, lane.middle() - painter.px(12), width + 2 * pad, painter.px(24)},
               painter.colors().panel, painter.px(3));
  painter.text_elided(Type::small_bold, lane.x + pad, lane.middle(), width, painter.colors().text,
                      text);
  return lane;
}

}  // namespace

const WorkerReport& calm_report(const View& view, const WorkerReport& worker) {
  // Both lists are by number, and nearly always the same.
  const auto& workers = view.calm.workers;
  const auto index = static_cast<std::size_t>(&worker - view.now.workers.data());
  if (index < workers.size() && workers[index].number == worker.number) return workers[index];
  for (const auto& other : workers) {
    if (other.number == worker.number) return other;
  }
  return worker;
}

Rect draw_worker_row(const Painter& painter, const Rect& rect, const View& view,
                     const WorkerReport& worker, const RowContext& context) {
  const Look look = steady_look(view, worker);
  draw_ground(painter, rect, view, worker, look);
  Rect rest = rect;
  rest.cut_left(draw_state(painter, rect, worker, look) - rect.x);
  rest.cut_right(painter.px(12));
  const float rate_width = painter.width(Type::body_bold, "00.0k/s");
  const bool words_first = is_alarm(look) && rect.w < painter.px(kNarrowRow);
  Rect rate{};
  if (rest.w >= rate_width && !words_first) rate = rest.cut_right(rate_width, painter.px(10));

  const Row row{painter, view, worker, calm_report(view, worker), context, look};
  if (rect.h >= painter.px(kTallRow)) {
    return row.draw_two_lines(rest.inset(0, painter.px(7)), rate, rect.right() - painter.px(12));
  }
  return row.draw_one_line(rest, rate, rect.w >= painter.px(kWideRow));
}

}  // namespace forkscope::views
