#include "views/layout.h"

#include <algorithm>

namespace forkscope::views {

namespace {

constexpr float kGap = 10;
constexpr float kTopLine = 46;
constexpr float kCores = 248;
constexpr float kAnswers = 494;
constexpr float kFire = 314;
constexpr float kEventsLeast = 126;
constexpr float kRowMost = 108;
constexpr float kPanelHead = 47;  // title and padding

}  // namespace

Layout compute_layout(ImVec2 size, const Theme& theme, std::size_t strips, std::size_t workers) {
  const float u = theme.unit;
  const float gap = kGap * u;
  Layout layout;
  Rect rest = Rect{0, 0, size.x, size.y}.inset(12 * u, 10 * u);
  layout.top_line = rest.cut_top(kTopLine * u, gap);
  const auto count = static_cast<float>(std::min<std::size_t>(strips, 3));
  layout.incidents = rest.cut_top(count * kStripUnits * u + (count - 1) * gap / 2, gap);
  layout.body = rest;

  // On a narrow window the side columns give way first; the workers are what it is about.
  const float narrow = std::clamp(size.x / (1600 * u), 0.5F, 1.1F);
  layout.cores = rest.cut_left(kCores * u * narrow, gap);
  Rect right = rest.cut_right(kAnswers * u * std::max(narrow, 0.9F), gap);
  layout.fire = right.cut_bottom(kFire * u, gap);
  layout.answers = right;

  const float wanted = (kPanelHead + kRowMost * static_cast<float>(workers)) * u;
  const float most = std::max(0.F, rest.h - kEventsLeast * u - gap);
  layout.workers = rest.cut_top(std::min(wanted, most), gap);
  layout.events = rest;
  layout.notice = {rest.x + 110 * u, rest.y + 5 * u, std::max(0.F, rest.w - 240 * u), 29 * u};
  return layout;
}

}  // namespace forkscope::views
