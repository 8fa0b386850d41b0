#include "views/fan.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "views/fan_dots.h"
#include "views/mark.h"
#include "views/way.h"
#include "words/fairness.h"
#include "words/format.h"
#include "words/untold.h"

namespace forkscope::views {

namespace {

constexpr std::uint64_t kSaidNs = 4'000'000'000;  // so long it is said what hollow dots are
constexpr std::size_t kMostCurves = 16;           // workers; above, ribbons are straight
constexpr float kWidest = 34;                     // of a ribbon that carries everything

void draw_ribbon(const Painter& painter, const Way& way, float width, bool curved) {
  const ImU32 color = faded(painter.colors().busy, 0.5F);
  if (!curved) {
    painter.line(way.from, way.to, color, width);
    return;
  }
  way.draw(painter.list(), color, width);
}

/// The ground's part below the ribbons: a bar per worker, its number, and its share in words.
struct Columns {
  float step;
  float bar;
  Rect bars;
  Rect numbers;
  Rect percents;
  Rect scale;  ///< Left of the bars.
};

Columns columns_of(const Painter& painter, Rect& rect, std::size_t count) {
  Columns columns{};
  const float scale = painter.width(Type::small, "100 %") + painter.px(6);
  rect.cut_left(scale);
  columns.step = rect.w / static_cast<float>(count);
  columns.bar =
      std::min(columns.step - painter.px(columns.step > painter.px(8) ? 6 : 1), painter.px(84));
  if (columns.step >= painter.width(Type::small, "100 %")) {
    columns.percents = rect.cut_bottom(painter.px(23));
  }
  if (columns.step >= painter.width(Type::small_bold, count > 99 ? "000" : "00")) {
    columns.numbers = rect.cut_bottom(painter.px(24));
  }
  columns.bars = rect.cut_bottom(std::clamp(rect.h * 0.45F, painter.px(16), painter.px(90)));
  columns.scale = {columns.bars.x - scale, columns.bars.y, scale, columns.bars.h};
  return columns;
}

/// The share that a full bar stands for. Even shares fill two thirds of it at most, so it stays put
/// until somebody answers much more than the others.
double top_share(std::span<const double> shares) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  const double most = sum > 0 ? *std::max_element(shares.begin(), shares.end()) / sum : 0;
  const double least = std::max(most, 1.5 / static_cast<double>(shares.size()));
  for (const double top : {0.02, 0.04, 0.06, 0.1, 0.2, 0.3, 0.5}) {
    if (least <= top) return top;
  }
  return 1;
}

/// "shares of 1 s": in which while the shares were answered.
void draw_window(const Painter& painter, const Rect& rect, std::uint64_t window_ns) {
  const std::string span = "of " + std::to_string(window_ns / 1'000'000'000) + " s";
  const std::string whole = "shares " + span;
  const bool fits = painter.width(Type::small, whole) <= rect.w;
  painter.text_elided(Type::small, rect.x, rect.middle(), rect.w, painter.colors().muted,
                      fits ? whole : span);
}

/// Two lines behind the bars that say how much a height is.
void draw_scale(const Painter& painter, const Columns& columns, double top) {
  const Palette& colors = painter.colors();
  const Rect& scale = columns.scale;
  const bool both = scale.h >= 2.5F * painter.height(Type::small);
  for (const double part : {1.0, 0.5}) {
    if (part < 1 && !both) continue;
    const float y = scale.bottom() - scale.h * static_cast<float>(part);
    painter.line({scale.right(), y}, {columns.bars.right(), y}, colors.line, painter.px(1));
    painter.text_right(Type::small, scale.right() - painter.px(5), y, colors.muted,
                       words::percent(top * part));
  }
}

/// What stands at one worker's column. `percent` and `height` are of the same share.
struct Column {
  const telemetry::WorkerReport& worker;
  float x;
  float height;  ///< 0 … 1
  std::string percent;
};

void draw_column(const Painter& painter, const Columns& columns, const View& view,
                 const Column& column) {
  const Palette& colors = painter.colors();
  const auto& [worker, x, part, percent] = column;
  const Rect track{x - columns.bar / 2, columns.bars.y, columns.bar, columns.bars.h};
  painter.fill(track, faded(colors.line, 0.5F), painter.px(2));
  const float height = part * track.h;
  if (height >= 1) {
    painter.fill({track.x, track.bottom() - height, track.w, height}, colors.busy, painter.px(2));
  }
  if (columns.numbers.h > 0) {
    const std::string number = std::to_string(worker.number);
    const float width = painter.width(Type::small_bold, number);
    const words::Look look = steady_look(view, worker);
    const bool marked = columns.step >= width + painter.px(34);
    const Mark mark = mark_of(look, colors);
    const float left = x - (width + (marked ? painter.px(20) : 0)) / 2;
    if (marked) {
      draw_mark(painter, mark, {left + painter.px(7), columns.numbers.middle()}, painter.px(7),
                colors.dead_edge);
    }
    painter.text(Type::small_bold, left + (marked ? painter.px(20) : 0), columns.numbers.middle(),
                 colors.text, number);
  }
  if (columns.percents.h > 0) {
    painter.text_centered(
        Type::small, {x - columns.step / 2, columns.percents.y, columns.step, columns.percents.h},
        colors.muted, percent);
  }
}

/// From the port, where they leave side by side, to the top of each worker's bar.
std::vector<Way> ways_of(const Painter& painter, const Rect& port, const Columns& columns,
                         std::size_t count) {
  std::vector<Way> ways;
  for (std::size_t i = 0; i < count; ++i) {
    const float place = static_cast<float>(i) + 0.5F;
    const float beside = place / static_cast<float>(count) - 0.5F;  // of the port's middle
    ways.push_back({{port.x + port.w / 2 + beside * port.w * 0.8F, port.bottom()},
                    {columns.bars.x + columns.step * place, columns.bars.y - painter.px(2)}});
  }
  return ways;
}

/// Hollow: by its shape alone it is told from one that has come through the port.
void draw_heard_dot(const Painter& painter, ImVec2 place) {
  const Palette& colors = painter.colors();
  painter.shape(Shape::disc, place, painter.px(9), colors.panel, colors.panel);
  painter.shape(Shape::ring, place, painter.px(8), colors.text, colors.text);
}

/// What a hollow dot is, where there is room for it.
void draw_heard(const Painter& painter, const Rect& rect) {
  constexpr std::string_view kText = "from a worker";
  const float text = painter.width(Type::small, kText);
  const float dot = painter.px(22);
  if (dot + text > rect.w) return;
  draw_heard_dot(painter, {rect.right() - text - dot + painter.px(8), rect.middle()});
  painter.text_right(Type::small, rect.right(), rect.middle(), painter.colors().muted, kText);
}

/// Each request that ended lately, on its way. `beside_port`: room for a few words.
void draw_dots(const Painter& painter, const Rect& beside_port, const View& view,
               std::span<const Way> ways) {
  const Palette& colors = painter.colors();
  const std::uint64_t since_ns = view.time_ns - std::min(view.time_ns, kSaidNs);
  const auto answers = view.history.answers_between(since_ns, view.time_ns);
  const bool heard = std::any_of(answers.begin(), answers.end(),
                                 [](const auto& answer) { return answer.heard_from > 0; });
  if (heard) draw_heard(painter, beside_port);
  const std::vector<FanDot> dots = fan_dots(answers, view.now.workers, view.time_ns);
  const auto way_of = [&](const FanDot& dot) {
    if (!dot.from) return ways[dot.to];
    return arc_between(ways[*dot.from].to, ways[dot.to].to, ways[*dot.from].from.y,
                       ways.back().to.x - ways.front().to.x);
  };
  for (const FanDot& dot : dots) {
    if (dot.from) way_of(dot).draw(painter.list(), colors.muted, painter.px(2));
  }
  for (const FanDot& dot : dots) {
    const ImVec2 place = way_of(dot).at(view.state.reduced_motion ? 1.F : dot.way);
    if (dot.heard && !dot.failed) {
      draw_heard_dot(painter, place);
    } else {
      painter.shape(dot.failed ? Shape::cross : Shape::disc, place, painter.px(6),
                    dot.failed ? colors.dead : colors.text, colors.dead_edge);
    }
  }
}

/// "41.2k requests/s"; of requests that are in hand but not answered it must not be said that there
/// are none.
std::string port_text(const View& view, const words::Rates& rates) {
  if (!words::tells_requests(view.now)) return "requests unknown";
  if (rates.whole() > 0) return rates.whole_text() + " requests/s";
  const auto& workers = view.now.workers;
  const bool in_hand = std::any_of(workers.begin(), workers.end(),
                                   [](const auto& worker) { return worker.in_flight.has_value(); });
  return in_hand ? "none answered now" : "no requests now";
}

}  // namespace

void draw_fan(const Painter& painter, const Rect& rect, const View& view, const Spread& spread) {
  const Palette& colors = painter.colors();
  const auto& workers = view.now.workers;
  const std::vector<double>& shares = spread.shares;
  if (workers.empty() || shares.size() != workers.size()) return;
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);

  Rect rest = rect;
  const Rect head = rest.cut_top(painter.px(28));
  const std::string text = port_text(view, spread.rates);
  const float width = painter.width(Type::small_bold, text) + painter.px(28);
  const Rect port{head.x + (head.w - width) / 2, head.y, width, head.h};
  draw_window(painter, {head.x, head.y, port.x - head.x - painter.px(8), head.h}, spread.window_ns);
  const Columns columns = columns_of(painter, rest, workers.size());
  const double top = top_share(shares);
  draw_scale(painter, columns, top);

  const std::vector<Way> ways = ways_of(painter, port, columns, workers.size());
  const std::vector<std::uint64_t> percents = words::apportioned(shares, 100);
  const bool curved = workers.size() <= kMostCurves;
  const bool dots = spread.rates.whole() < words::kFewRequests;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    painter.line(ways[i].to, {ways[i].to.x, ways[i].to.y + painter.px(2)}, colors.line,
                 painter.px(1));
    const double part = sum > 0 ? shares[i] / sum : 0;
    if (part > 0 && !dots) {
      const float widest =
          std::min(std::min(painter.px(kWidest), (ways[i].to.y - ways[i].from.y) * 0.45F),
                   columns.step * 0.9F * static_cast<float>(workers.size()));
      draw_ribbon(painter, ways[i], std::max(painter.px(1.5F), static_cast<float>(part) * widest),
                  curved);
    } else if (curved) {
      draw_ribbon(painter, ways[i], painter.px(1), true);
    }
    draw_column(painter, columns, view,
                {workers[i], ways[i].to.x, static_cast<float>(part / top),
                 sum > 0 ? std::to_string(percents[i]) + " %" : "–"});
  }
  painter.fill(port, colors.raised, port.h / 2);
  painter.text_centered(Type::small_bold, port,
                        spread.rates.whole() > 0 ? colors.text : colors.muted, text);
  if (dots) {
    const float right = port.right() + painter.px(8);
    draw_dots(painter, {right, head.y, head.right() - right, head.h}, view, ways);
  }
}

}  // namespace forkscope::views
