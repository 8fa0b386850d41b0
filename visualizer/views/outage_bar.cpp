#include "views/outage_bar.h"

#include <algorithm>
#include <array>

namespace forkscope::views {

void draw_outage_bar(const Painter& painter, const Rect& rect, const words::Outage& outage) {
  const Palette& colors = painter.colors();
  struct Part {
    std::uint64_t end_ns;
    ImU32 color;
    const char* word;
  };
  const std::array<Part, 3> parts{{{outage.noticed_ns, colors.slow, "noticed"},
                                   {outage.ended_ns, colors.hung, "HUNG"},
                                   {outage.over_ns, colors.dead, "DEAD"}}};
  std::uint64_t end_ns = outage.begin_ns;
  for (const Part& part : parts) end_ns = std::max(end_ns, part.end_ns);
  if (outage.begin_ns == 0 || end_ns == outage.begin_ns) return;

  const float least = painter.px(4);
  const auto whole = static_cast<float>(end_ns - outage.begin_ns);
  float x = rect.x;
  for (const Part& part : parts) {
    if (part.end_ns == 0) continue;
    const float exact = rect.x + rect.w * static_cast<float>(part.end_ns - outage.begin_ns) / whole;
    const bool last = part.end_ns == end_ns;
    const float to =
        last ? rect.right() : std::min(std::max(exact, x + least), rect.right() - least);
    const Rect box{std::min(x, to - least), rect.y, std::max(to - x, least), rect.h};
    painter.fill(box, part.color);
    if (part.color == colors.hung) painter.hatch(box, colors.hatch);
    painter.explain(box, part.word);
    x = to;
  }
  painter.outline(rect, colors.line, painter.px(1));
}

}  // namespace forkscope::views
