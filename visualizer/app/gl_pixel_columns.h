// The ring of columns of a heat map as an OpenGL texture.
//
// Owns the texture. The window's context must be current wherever this is made, used and ended.
#pragma once

#include "views/pixel_columns.h"

namespace forkscope::app {

class GlPixelColumns final : public views::PixelColumns {
 public:
  GlPixelColumns(std::size_t columns, std::size_t rows);
  ~GlPixelColumns() override;
  GlPixelColumns(const GlPixelColumns&) = delete;
  GlPixelColumns& operator=(const GlPixelColumns&) = delete;

  void write_column(std::size_t column, std::span<const ImU32> pixels) override;
  ImTextureID texture() const override;

 private:
  unsigned int name_ = 0;
};

}  // namespace forkscope::app
