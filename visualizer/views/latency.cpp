#include "views/latency.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "forkscope/telemetry/event_text.h"
#include "views/flags.h"
#include "views/gaps.h"
#include "words/glossary.h"

namespace forkscope::views {

namespace {

constexpr const char* kTitle = "LATENCY";
constexpr float kRowsPerDecade = 6.643856F;  // two to an octave
constexpr float kMostPerCell = 4'000;        // as bright as it gets
constexpr std::array<const char*, 8> kDecades{"1 µs",  "10 µs",  "100 µs", "1 ms",
                                              "10 ms", "100 ms", "1 s",    "10 s"};

struct Ramp {
  ImVec4 low;
  ImVec4 middle;
  ImVec4 high;
};

const Ramp& ramp_of(ThemeKind kind) {
  static const Ramp kDark{{0.11F, 0.27F, 0.38F, 1}, {0.34F, 0.71F, 0.91F, 1}, {0.96F, 0.99F, 1, 1}};
  static const Ramp kLight{
      {0.78F, 0.88F, 0.95F, 1}, {0.18F, 0.58F, 0.81F, 1}, {0.02F, 0.15F, 0.25F, 1}};
  return kind == ThemeKind::dark ? kDark : kLight;
}

/// Nothing is transparent; one request is visible already.
ImU32 color_of(std::uint32_t count, const Ramp& ramp) {
  if (count == 0) return 0;
  const float t =
      std::min(1.F, std::log(1 + static_cast<float>(count)) / std::log(1 + kMostPerCell));
  const ImVec4& from = t < 0.5F ? ramp.low : ramp.middle;
  const ImVec4& to = t < 0.5F ? ramp.middle : ramp.high;
  const float part = t < 0.5F ? t * 2 : t * 2 - 1;
  const auto mix = [part](float a, float b) {
    return static_cast<int>((a + (b - a) * part) * 255);
  };
  return IM_COL32(mix(from.x, to.x), mix(from.y, to.y), mix(from.z, to.z), 255);
}

/// Sends those columns to the texture that it does not hold yet. Returns whether any has requests.
bool update_pixels(const View& view, std::uint64_t first) {
  const Ramp& ramp = ramp_of(view.state.theme);
  bool any = false;
  std::array<std::uint32_t, kLatencyRows> counts;
  std::array<ImU32, kLatencyRows> pixels;
  for (std::uint64_t column = first; column < first + kLatencyColumns; ++column) {
    counts.fill(0);
    std::uint64_t sum = 0;
    for (std::uint64_t bin = column * kBinsPerColumn; bin < (column + 1) * kBinsPerColumn; ++bin) {
      const picture::LatencyColumn* found =
          bin < history::bin_of(view.time_ns) ? view.history.latency_bin(bin) : nullptr;
      if (!found) continue;
      for (std::size_t row = 0; row < found->size(); ++row) {
        counts[std::min(row / 2, kLatencyRows - 1)] += (*found)[row];
        sum += (*found)[row];
      }
    }
    any = any || sum > 0;
    const std::uint64_t stamp = sum * 2 + (view.state.theme == ThemeKind::light ? 1 : 0);
    if (!view.latency_pixels.claim(column, stamp)) continue;
    for (std::size_t row = 0; row < kLatencyRows; ++row) pixels[row] = color_of(counts[row], ramp);
    view.latency_pixels.write_column(column % kLatencyColumns, pixels);
  }
  return any;
}

/// What is shown; to a class, where there is room, with what p99 is.
std::string remark_of(const Painter& painter, const Rect& rect, const View& view) {
  const std::string took = "how long each request took";
  const auto p99_ns = static_cast<std::uint64_t>(view.calm.totals.p99_ms * 1e6);
  if (tone_of(view) == words::Tone::plain && p99_ns > 0) {
    std::string plain = took + "; " + std::string(words::find_term("p99")->plain) + ' ' +
                        telemetry::duration_text(p99_ns);
    const float room = rect.w - painter.px(44) - painter.width(Type::small_bold, kTitle);
    if (painter.width(Type::small, plain) <= room) return plain;
  }
  return took + ", last 30 s";
}

}  // namespace

void draw_latency(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  Rect inside = painter.panel(rect, kTitle, remark_of(painter, rect, view));
  if (inside.h < painter.px(20)) return;
  Rect labels = inside.cut_left(painter.width(Type::small, "100 ms"), painter.px(10));
  Rect flags = inside.cut_top(std::min(painter.px(26), inside.h * 0.25F));
  flags.cut_bottom(painter.px(6));  // here the lines bend to them
  painter.fill(inside, faded(colors.line, 0.35F), painter.px(3));

  const float per_row = inside.h / static_cast<float>(kLatencyRows);
  const float decade = per_row * kRowsPerDecade;
  const int every = decade >= painter.px(22) ? 1 : decade * 2 >= painter.px(22) ? 2 : 3;
  for (int i = 1; i < static_cast<int>(kDecades.size()); ++i) {
    const float y = inside.bottom() - decade * static_cast<float>(i);
    if (y < inside.y) break;
    painter.line({inside.x, y}, {inside.right(), y}, colors.line, painter.px(1));
    if (i % every != 0) continue;
    painter.text_right(Type::small, labels.right(),
                       std::clamp(y, inside.y + painter.px(8), inside.bottom() - painter.px(8)),
                       colors.muted, kDecades[static_cast<std::size_t>(i)]);
  }

  // Up to the first bin that is not over yet.
  const std::uint64_t end = (history::bin_of(view.time_ns) + kBinsPerColumn - 1) / kBinsPerColumn;
  const std::uint64_t first = end - std::min<std::uint64_t>(end, kLatencyColumns);
  if (update_pixels(view, first)) {
    draw_columns(painter.list(), inside, view.latency_pixels, first);
  } else if (inside.w >= painter.px(290)) {
    painter.text_centered(Type::small, inside, colors.muted, "No request in the last 30 s.");
  }
  std::array<history::TimeBin, kShownBins> bins;
  view.history.timeline(view.time_ns, bins);
  draw_gaps(painter, inside, find_gaps(bins), bins.size(), true);
  draw_flags(painter, inside, flags.middle(), view);
}

}  // namespace forkscope::views
