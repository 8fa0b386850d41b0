#include "views/layout.h"

#include <algorithm>

namespace forkscope::views {

namespace {

constexpr float kGap = 10;
constexpr float kTopLine = 46;
constexpr float kTime = 52;
constexpr float kWhy = 118;
constexpr float kCores = 232;
constexpr float kRight = 538;
constexpr float kFire = 404;
constexpr float kLesson = 440;
constexpr float kLessonLeast = 300;
constexpr float kAnswersLeast = 180;
constexpr float kAnswersLeastBesideLesson = 150;
constexpr std::size_t kMostStripsBesideLesson = 2;  // its words need the height
constexpr float kPanelHead = 47;                    // title and padding
constexpr float kRowMost = 88;                      // of a worker
constexpr float kRowGood = 68;                      // two lines
constexpr float kRowMostPresented = 132;
constexpr float kRowLeast = 31;  // the height of its number
constexpr float kRowGap = 3;
constexpr float kBottomLeast = 106;
constexpr float kBottomGood = 200;
constexpr float kBottomGoodPresented = 140;
constexpr float kBottomOfMany = 134;
constexpr float kEvents = 572;

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
  return height - bottom - gap < least_height(contents.workers) * u ? 0 : bottom;
}

/// Who answered, and below it buttons or a lesson.
void place_right_column(Layout& layout, Rect column, float u, const Contents& contents) {
  const float gap = kGap * u;
  const float answers = (contents.lesson ? kAnswersLeastBesideLesson : kAnswersLeast) * u;
  const float room = std::max(0.F, column.h - answers - gap);
  if (contents.lesson && contents.presenter) {
    layout.lesson = column;  // its words are what a class reads
    return;
  }
  if (contents.lesson) {
    const bool both = room >= kLessonLeast * u;
    layout.lesson = column.cut_bottom(both ? std::min(kLesson * u, room) : column.h, gap);
  } else if (!contents.presenter && !contents.replay) {
    layout.fire = column.cut_bottom(std::min(kFire * u, room), gap);
  }
  layout.answers = column;
}

}  // namespace

Layout compute_layout(ImVec2 size, const Theme& theme, const Contents& contents) {
  const float u = theme.unit;
  const float gap = kGap * u;
  Layout layout;
  Rect rest = Rect{0, 0, size.x, size.y}.inset(12 * u, 10 * u);
  layout.top_line = rest.cut_top(kTopLine * u, gap);
  const std::size_t most = contents.lesson ? kMostStripsBesideLesson : kMostStrips;
  const auto count = static_cast<float>(std::min(contents.strips, most));
  layout.incidents = rest.cut_top(count * kStripUnits * u + (count - 1) * kStripGap * u, gap);
  layout.time = rest.cut_bottom(kTime * u, gap);
  if (contents.why) layout.why = rest.cut_top(kWhy * u, gap);
  layout.body = rest;

  // On a narrow window the side columns give way first; the workers are what it is about.
  const float narrow = std::clamp(size.x / (1600 * u), 0.5F, 1.1F);
  place_right_column(layout, rest.cut_right(kRight * u * std::max(narrow, 0.9F), gap), u, contents);
  Rect bottom{};
  if (const float height = bottom_height(rest.h, u, contents); height > 0) {
    bottom = rest.cut_bottom(height, gap);
  }
  Rect& beside_cores = contents.workers > kMostInColumns ? bottom : rest;
  if (beside_cores.h > 0) layout.cores = beside_cores.cut_left(kCores * u * narrow, gap);
  layout.workers = rest;
  if (bottom.h <= 0) return layout;
  if (!contents.presenter) {
    layout.events = bottom.cut_right(std::min(kEvents * u * narrow, bottom.w * 0.6F), gap);
  }
  layout.latency = bottom;
  return layout;
}

}  // namespace forkscope::views
