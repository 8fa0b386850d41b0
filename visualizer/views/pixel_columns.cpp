#include "views/pixel_columns.h"

namespace forkscope::views {

void draw_columns(ImDrawList& list, const Rect& rect, const PixelColumns& pixels,
                  std::uint64_t first) {
  const auto columns = static_cast<float>(pixels.columns());
  const auto seam = static_cast<float>(first % pixels.columns());
  const float x = rect.x + rect.w * (columns - seam) / columns;
  // The first row of the texture is the lowest one of the picture.
  list.AddImage(pixels.texture(), rect.min(), {x, rect.bottom()}, {seam / columns, 1}, {1, 0});
  if (seam > 0) {
    list.AddImage(pixels.texture(), {x, rect.y}, rect.max(), {0, 1}, {seam / columns, 0});
  }
}

}  // namespace forkscope::views
