// What LATENCY draws its columns into where nobody looks at them: there is no graphics card.
#pragma once

#include <imgui.h>

#include <cstddef>
#include <span>

#include "views/latency.h"

namespace forkscope::visualizer_test {

class NoTexture final : public views::PixelColumns {
 public:
  NoTexture() : PixelColumns(views::kLatencyColumns, views::kLatencyRows) {}
  void write_column(std::size_t, std::span<const ImU32>) override {}
  ImTextureID texture() const override { return {}; }
};

}  // namespace forkscope::visualizer_test
