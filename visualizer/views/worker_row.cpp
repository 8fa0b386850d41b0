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
#include "words/untold.h"
#include "words/wording.h"

namespace forkscope::views {

using telemetry::FlexibleText;
using telemetry::WorkerReport;
using words::Look;
using words::PhraseKind;
using words::Sentence;

namespace {

constexpr float kTallRow = 46;     // from here on: words below the lane
constexpr float kWideRow = 900;    // from here on: process details in a low row
constexpr float kBigRow = 430;     // from here on: state as big as it gets
constexpr float kNarrowRow = 560;  // from here down an alarm's words come first
constexpr float kWordsLeast = 90;  // of a lane's place, where they stand in it
constexpr std::string_view kBetweenDetails = "   ";
constexpr std::uint64_t kVisibleNs = 100'000'000;  // younger requests only flicker

/// "4.2 s in GET ", "/v1/faults/hang", or nothing.
FlexibleText request_in_flight(const View& view, const WorkerReport& worker) {
  if (!worker.in_flight || view.now.time_ns < worker.in_flight->start_ns + kVisibleNs) return {""};
  return {words::counting_seconds(view.now.time_ns - worker.in_flight->start_ns) + " in " +
              std::string(telemetry::to_string(worker.in_flight->method)) + " ",
          telemetry::printable(worker.in_flight->path), ""};
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

/// What is going on with it: the request it is stuck in, or how it died; or nothing.
FlexibleText situation(const View& view, const WorkerReport& worker, Look look) {
  if (is_dead(look) && worker.last_exit) {
    return words::end_text(static_cast<std::uint32_t>(worker.last_exit->cause),
                           worker.last_exit->code, tone_of(view));
  }
  FlexibleText text = request_in_flight(view, worker);
  if (is_hung(look) && text.head.empty() && worker.stuck_since_ns != 0) {
    text.head = words::counting_seconds(view.now.time_ns -
                                        std::min(view.now.time_ns, worker.stuck_since_ns));
  }
  return text;
}

/// As much of a sentence as `width` has room for, and `least` phrases even where it has not.
std::string fitting(const Painter& painter, Type type, float width, const Sentence& sentence,
                    std::size_t least, std::string_view between) {
  const auto fits = [&](const Sentence& shown) {
    return painter.width(type, joined(shown, between)) <= width;
  };
  return joined(shortened(sentence, least, fits), between);
}

/// "pid 4711   4 connections   last on core 0   gen 1"; behind words about a process that was there
/// before, "now pid 4711".
Sentence process_details(const WorkerReport& worker, words::Tone tone, bool follows_another) {
  const std::string generation = words::generation_text(worker.generation, tone);
  if (worker.pid == 0) {
    return {{PhraseKind::process, "no process"}, {PhraseKind::process, generation}};
  }
  // The kernel moves those that serve about; one that hangs is looked for.
  const std::string where =
      worker.state == telemetry::WorkerState::hung ? "core " : "last on core ";
  Sentence details{
      {PhraseKind::process, (follows_another ? "now pid " : "pid ") + std::to_string(worker.pid)},
      {PhraseKind::process, words::counted(worker.connections, "connection")},
      {PhraseKind::process, where + std::to_string(worker.core)},
      {PhraseKind::process, generation}};
  if (worker.queue_length > 0) {
    details.insert(details.begin(), {PhraseKind::process, words::queue_text(worker)});
  }
  return details;
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

/// Shape, number and word, big unless the row is too small. Returns where the columns behind it
/// begin: at the same place in rows of the same size, whatever the state.
float draw_state(const Painter& painter, const Rect& rect, const WorkerReport& worker, Look look,
                 std::string_view widest_number) {
  const Palette& colors = painter.colors();
  const Mark mark = mark_of(look, colors);
  const bool big = rect.h >= painter.height(Type::large) && rect.w >= painter.px(kBigRow);
  const Type type = big ? Type::large : Type::body;
  const Type bold = big ? Type::large_bold : Type::body_bold;
  const float middle = rect.middle();
  draw_mark(painter, mark, {rect.x + painter.px(22), middle}, painter.px(big ? 11 : 8),
            is_hung(look) ? colors.on_alarm : colors.dead_edge);
  float x = rect.x + painter.px(42) + painter.width(bold, widest_number);
  painter.text_right(bold, x, middle, colors.text, std::to_string(worker.number));
  x += painter.px(20);
  const auto word = words::word(look);
  const bool narrow = rect.w < painter.px(kNarrowRow);
  const float column = painter.px(narrow ? (big ? 114 : 92) : (big ? 138 : 104));
  // On a narrow row the few long words have smaller type, so that every lane has more room.
  const bool fits = painter.width(bold, word) + painter.px(14) <= column;
  const Type word_bold = fits ? bold : big ? Type::body_bold : Type::small_bold;
  const Type word_type = fits ? type : big ? Type::body : Type::small;
  if (is_alarm(look)) {
    const float pad = painter.px(9);
    const float height = std::min(painter.px(36), rect.h);
    painter.fill({x - pad, middle - height / 2, painter.width(word_bold, word) + 2 * pad, height},
                 mark.color, painter.px(4));
    painter.text(word_bold, x, middle, is_hung(look) ? colors.on_alarm : IM_COL32_WHITE, word);
  } else {
    painter.text(look == Look::fresh ? word_bold : word_type, x, middle,
                 look == Look::idle ? colors.muted : colors.text, word);
  }
  return x + column;
}

/// A row and what it is about. Borrows everything.
struct Row {
  const Painter& painter;
  const View& view;
  const WorkerReport& worker;
  const WorkerReport& calm;
  const RowContext& context;
  Look look;

  std::string words(float width) const;
  /// Its words are about an incident, at the end of which another process has come.
  bool tells_of_another() const {
    return !context.story.empty() && calm.generation > 1 &&
           situation(view, worker, look).head.empty();
  }
  std::string details(float width) const {
    return fitting(painter, Type::small, width,
                   process_details(calm, tone_of(view), tells_of_another()), 0, kBetweenDetails);
  }
  /// What the words have to leave of `width`, so that nobody looks in vain for the process that
  /// hangs.
  float kept_for_details(float width) const;
  void draw_rate(const Rect& rect) const;
  // Both return where the lane is.
  Rect draw_two_lines(Rect lane, Rect rate, float right) const;
  Rect draw_one_line(Rect rest, const Rect& rate, float row_width) const;
};

/// What goes on; or else why nothing does, and what has happened lately. As much of it as has room.
std::string Row::words(float width) const {
  FlexibleText now = situation(view, worker, look);
  const auto fits = [&](const std::string& text) {
    return painter.width(Type::small_bold, text) <= width;
  };
  // A state that a class has no word for is said once more.
  const bool again = tone_of(view) == words::Tone::plain && says_little(look);
  if (!now.head.empty()) {
    if (again) now.head.insert(0, plain_word(look) + ", ");
    const std::string how(is_hung(look) ? words::manner(worker.hang_kind, tone_of(view)) : "");
    const std::string whole = now.whole() + (how.empty() ? "" : ", " + how);
    return fits(whole) ? whole : now.fitted(fits);
  }
  Sentence sentence;
  if (again) sentence.push_back({PhraseKind::state, plain_word(look)});
  if (std::string reason = context.reasons.of(worker); !reason.empty()) {
    sentence.push_back({PhraseKind::fact, std::move(reason)});
  }
  sentence.insert(sentence.end(), context.story.begin(), context.story.end());
  return fitting(painter, Type::small_bold, width, sentence, 1, words::kBetween);
}

float Row::kept_for_details(float width) const {
  if (!is_hung(look)) return 0;
  const FlexibleText now = situation(view, worker, look);
  const float least =
      painter.width(Type::small_bold, now.middle.empty() ? now.head : now.head + "…");
  const auto kept = [&](const Sentence& some) {
    return painter.width(Type::small, joined(some, kBetweenDetails)) + painter.px(18);
  };
  Sentence details = process_details(calm, tone_of(view), false);
  details.pop_back();  // its generation can be spared
  details =
      shortened(details, 0, [&](const Sentence& some) { return least + kept(some) <= width; });
  return details.empty() ? 0 : kept(details);
}

void Row::draw_rate(const Rect& rect) const {
  if (rect.w <= 0) return;
  const Palette& colors = painter.colors();
  // Who has just died still has its part in the whole.
  const bool served = context.rates.of(worker.number) > 0;
  const bool known = words::tells_requests(view.now) && (served || worker.pid != 0);
  painter.text_right(Type::body_bold, rect.right(), rect.middle(),
                     served ? colors.text : colors.muted,
                     known ? context.rates.text_of(worker.number) + "/s" : words::kUntold);
}

/// The words stand below the lane and the rate, up to `right`.
Rect Row::draw_two_lines(Rect lane, Rect rate, float right) const {
  const Palette& colors = painter.colors();
  Rect line = lane.cut_bottom(painter.px(24), painter.px(3));
  line.w = right - line.x;
  const float room = line.w - kept_for_details(line.w);
  const std::string text = words(room);
  float x = painter.text_elided(Type::small_bold, line.x, line.middle(), room, colors.text, text);
  x += text.empty() ? 0 : painter.px(18);
  painter.text(Type::small, x, line.middle(), is_hung(look) ? colors.text : colors.muted,
               details(line.right() - x));
  draw_worker_lane(painter, lane, lane, view, worker.number, context);
  rate.y = lane.y;
  rate.h = std::max(lane.h, painter.px(20));
  draw_rate(rate);
  return lane;
}

/// The words stand before the present, in place of the lane's older part: what they tell was there.
/// Of an alarm on a narrow row they are all there is room for.
Rect Row::draw_one_line(Rect rest, const Rect& rate, float row_width) const {
  const Palette& colors = painter.colors();
  const bool words_first = is_alarm(look) && row_width < painter.px(kNarrowRow);
  if (!words_first) draw_rate(rate);
  if (row_width >= painter.px(kWideRow)) {
    const Rect pid = rest.cut_left(painter.width(Type::small, "pid 0000000"), painter.px(12));
    if (!is_hung(look)) {  // the words have it
      painter.text(Type::small, pid.x, pid.middle(), colors.muted, details(pid.w));
    }
  }
  const Rect lane = rest.inset(0, painter.px(3));
  const float room = words_first      ? std::max(lane.right(), rate.right()) - lane.x
                     : is_alarm(look) ? lane.w * 0.75F
                                      : lane.w / 2;
  const float kept = kept_for_details(room);
  const std::string text = room >= painter.px(kWordsLeast) ? words(room - kept) : std::string();
  Rect seen = lane;
  if (!text.empty()) {
    float end = painter.text_elided(Type::small_bold, lane.x, lane.middle(), room - kept,
                                    colors.text, text);
    if (kept > 0) {
      end += painter.px(18);
      end =
          painter.text(Type::small, end, lane.middle(), colors.text, details(lane.x + room - end));
    }
    seen.cut_left(end - lane.x, painter.px(8));
  }
  draw_worker_lane(painter, lane, seen, view, worker.number, context);
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
  rest.cut_left(draw_state(painter, rect, worker, look, context.widest_number) - rect.x);
  rest.cut_right(painter.px(12));
  const float rate_width = painter.width(Type::body_bold, "00.0k/s");
  Rect rate{};
  if (rest.w >= rate_width) rate = rest.cut_right(rate_width, painter.px(10));

  const Row row{painter, view, worker, calm_report(view, worker), context, look};
  if (rect.h >= painter.px(kTallRow)) {
    const float margin =
        std::clamp((rect.h - painter.px(kTallRow)) / 2, painter.px(3), painter.px(7));
    return row.draw_two_lines(rest.inset(0, margin), rate, rect.right() - painter.px(12));
  }
  return row.draw_one_line(rest, rate, rect.w);
}

}  // namespace forkscope::views
