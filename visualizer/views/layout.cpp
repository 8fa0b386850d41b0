#include "views/layout.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace forkscope::views {

namespace {

constexpr float kGap = 10;
constexpr float kTopLine = 46;
constexpr float kTime = 52;
constexpr float kWhy = 118;
constexpr float kRight = 538;
constexpr std::size_t kMostStripsBesideLesson = 2;
constexpr float kLessonLeast = 290;
constexpr float kBodyLeast = 220;
constexpr float kBodyLeastOfMany = 300;
constexpr float kMostRight = 0.42F;  // of the width
constexpr float kPanelHead = 47;     // title and padding
constexpr float kRowMost = 88;       // of a worker
constexpr float kRowGood = 68;       // two lines
constexpr float kRowMostPresented = 132;
constexpr float kRowLeast = 31;  // the height of its number
constexpr float kRowGap = 3;
constexpr float kBottomLeast = 106;
constexpr float kBottomGood = 200;
constexpr float kBottomGoodPresented = 140;
constexpr float kBottomOfMany = 134;
constexpr float kBottomOfComparison = 268;  // seven rows and a head
constexpr float kWorkersBesideComparison = 150;

/// Height that the workers need at the least, with their panel's head.
float least_height(std::size_t workers) {
  const std::size_t rows = workers <= kMostFullRows ? workers : kMostFullRows;
  return kPanelHead + (kRowLeast + kRowGap) * static_cast<float>(rows);
}

/// The height of the graphs below the workers; 0 when the workers need all of it.
float bottom_height(float height, float u, const Contents& contents) {
  const float gap = kGap * u;
  float bottom = kBottomOfMany * u;
  if (contents.workers <= kMostInColumns) {
    // Rows give way to the graphs below them until they are low, then the graphs to the rows.
    const auto rows = static_cast<float>(std::max<std::size_t>(contents.workers, 1));
    const float good = contents.presenter ? kBottomGoodPresented : kBottomGood;
    const float most = (contents.presenter ? kRowMostPresented : kRowMost) * u;
    const float row = std::clamp((height - gap - (kPanelHead + good) * u) / rows,
                                 std::min(kRowGood * u, most), most);
    bottom = std::max(height - gap - kPanelHead * u - row * rows, kBottomLeast * u);
  }
  if (contents.comparison) {  // as high as the workers can spare
    const float most = height - gap - kWorkersBesideComparison * u;
    bottom = std::max(bottom, std::min(kBottomOfComparison * u, most));
  }
  return height - bottom - gap < least_height(contents.workers) * u ? 0 : bottom;
}

/// Takes a panel's strip, and the gap behind it, off what is left of its place.
Rect take(const Panel& panel, Rect& left, const Space& space) {
  if (left.w <= 0 || left.h <= 0) return {};
  const float extent = panel.extent(space);
  if (extent <= 0) return {};
  switch (panel.strip) {
    case Strip::left: return left.cut_left(extent, space.gap);
    case Strip::right: return left.cut_right(extent, space.gap);
    case Strip::bottom: return left.cut_bottom(extent, space.gap);
    case Strip::rest: break;
  }
  return std::exchange(left, {});
}

}  // namespace

Layout compute_layout(ImVec2 size, const Theme& theme, const Contents& contents) {
  const float u = theme.unit;
  const float gap = kGap * u;
  Layout layout;
  Rect rest = Rect{0, 0, size.x, size.y}.inset(12 * u, 10 * u);
  layout.top_line = rest.cut_top(kTopLine * u, gap);
  layout.time = rest.cut_bottom(kTime * u, gap);
  bool why = contents.why;
  std::size_t strips =
      std::min(contents.strips, contents.lesson ? kMostStripsBesideLesson : kMostStrips);
  // On a narrow window the side columns give way first; the workers are what it is about.
  const float narrow = std::clamp(size.x / (1600 * u), 0.5F, 1.1F);
  const float column = std::min(kRight * u * std::max(narrow, 0.9F), kMostRight * size.x);
  // What is below needs some height, too: the later strips give way to it, and then the chain.
  const bool many = contents.workers > kMostFullRows;
  const float least =
      contents.lesson ? lesson_least(column, u) : (many ? kBodyLeastOfMany : kBodyLeast) * u;
  const auto below = [&] {
    const float above = static_cast<float>(strips) * (kStripUnits + kStripGap) + kGap;
    return rest.h - (above + (why ? kWhy + kGap : 0)) * u;
  };
  while (strips > 1 && below() < least) --strips;
  // Who asks for it during a lesson sees it, and what is left of the lesson's words.
  if (below() < (contents.lesson ? kLessonLeast * u : least)) why = false;
  const auto count = static_cast<float>(strips);
  layout.incidents = rest.cut_top(count * kStripUnits * u + (count - 1) * kStripGap * u, gap);
  if (why) layout.why = rest.cut_top(kWhy * u, gap);
  layout.body = rest;

  Rect right = rest.cut_right(column, gap);
  Rect bottom{};
  if (const float height = bottom_height(rest.h, u, contents); height > 0) {
    bottom = rest.cut_bottom(height, gap);
  }
  const auto place = [&](Place where) -> Rect& {
    switch (where) {
      case Place::right: return right;
      case Place::bottom: return bottom;
      case Place::beside_workers: return contents.workers > kMostInColumns ? bottom : rest;
      case Place::middle: break;
    }
    return rest;
  };
  for (const Panel& panel : panels()) {
    Rect& left = place(panel.place);
    layout.panels.push_back({&panel, take(panel, left, {left, u, narrow, gap, contents})});
  }
  return layout;
}

const Rect& Layout::panel(std::string_view name) const {
  const auto found = std::find_if(panels.begin(), panels.end(), [name](const PlacedPanel& placed) {
    return placed.panel->name == name;
  });
  assert(found != panels.end());
  return found->rect;
}

}  // namespace forkscope::views
