// The ring of columns of a heat map as an OpenGL texture.
//
// Owns the texture. Made, used and ended on the main thread; what OpenGL has to do with it is done
// on the thread that it lives on, which has to be there as long.
#pragma once

#include "app/gl_thread.h"
#include "views/pixel_columns.h"

namespace forkscope::app {

class GlPixelColumns final : public views::PixelColumns {
 public:
  GlPixelColumns(GlThread& gl, std::size_t columns, std::size_t rows);
  ~GlPixelColumns() override;
  GlPixelColumns(const GlPixelColumns&) = delete;
  GlPixelColumns& operator=(const GlPixelColumns&) = delete;

  void write_column(std::size_t column, std::span<const ImU32> pixels) override;
  ImTextureID texture() const override;

 private:
  GlThread& gl_;
  unsigned int name_ = 0;
};

}  // namespace forkscope::app
