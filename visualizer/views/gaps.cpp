#include "views/gaps.h"

#include <string>

#include "words/format.h"

namespace forkscope::views {

std::vector<Gap> find_gaps(std::span<const history::TimeBin> bins) {
  std::vector<Gap> gaps;
  bool seen_before = false;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (bins[i].seen) {
      seen_before = true;
      continue;
    }
    if (!seen_before) continue;
    Gap gap{i, i, 0};
    while (gap.end < bins.size() && !bins[gap.end].seen) ++gap.end;
    if (gap.end < bins.size()) {  // what was lost is known when somebody looks again
      gap.lost = std::uint64_t{bins[gap.end].answers_lost} + bins[gap.end].events_lost;
    }
    // The newest bins may be missing only because nobody has looked yet.
    if (gap.end < bins.size()) gaps.push_back(gap);
    i = gap.end - 1;
  }
  return gaps;
}

void draw_gaps(const Painter& painter, const Rect& plot, std::span<const Gap> gaps,
               std::size_t count, bool with_numbers) {
  const Palette& colors = painter.colors();
  const float width = plot.w / static_cast<float>(count);
  for (const Gap& gap : gaps) {
    const Rect area{plot.x + width * static_cast<float>(gap.begin), plot.y,
                    width * static_cast<float>(gap.end - gap.begin), plot.h};
    painter.fill(area, colors.panel);
    painter.hatch(area, faded(colors.muted, 0.5F));
    painter.explain(area, "not seen");
    if (!with_numbers) continue;
    const std::string text = gap.lost > 0 ? words::grouped(gap.lost) + " not seen" : "not seen";
    const float needed = painter.width(Type::small_bold, text) + painter.px(12);
    if (needed > area.w) continue;
    const Rect plate{area.x + (area.w - needed) / 2, area.middle() - painter.px(14), needed,
                     painter.px(28)};
    painter.fill(plate, colors.panel, painter.px(4));
    painter.text_centered(Type::small_bold, plate, colors.text, text);
  }
}

}  // namespace forkscope::views
