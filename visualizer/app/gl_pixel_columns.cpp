#include "app/gl_pixel_columns.h"

#include <GLFW/glfw3.h>

#include <cassert>
#include <cstdint>
#include <vector>

#ifndef GL_CLAMP_TO_EDGE  // of OpenGL 1.2, which some <GL/gl.h> leave to extensions
#define GL_CLAMP_TO_EDGE 0x812F
#endif

namespace forkscope::app {

GlPixelColumns::GlPixelColumns(GlThread& gl, std::size_t columns, std::size_t rows)
    : PixelColumns(columns, rows), gl_(gl) {
  gl_.run([&] {
    const std::vector<ImU32> nothing(columns * rows, 0);
    glGenTextures(1, &name_);
    glBindTexture(GL_TEXTURE_2D, name_);
    // Cells with edges: what lies between two of them was not measured.
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, static_cast<GLsizei>(columns),
                 static_cast<GLsizei>(rows), 0, GL_RGBA, GL_UNSIGNED_BYTE, nothing.data());
  });
}

GlPixelColumns::~GlPixelColumns() {
  gl_.run([&] { glDeleteTextures(1, &name_); });
}

void GlPixelColumns::write_column(std::size_t column, std::span<const ImU32> pixels) {
  assert(column < columns() && pixels.size() == rows());
  // An ImU32 is four bytes in memory, red first, on the little-endian machines that there are.
  gl_.post([name = name_, column, copy = std::vector<ImU32>(pixels.begin(), pixels.end())] {
    glBindTexture(GL_TEXTURE_2D, name);
    glTexSubImage2D(GL_TEXTURE_2D, 0, static_cast<GLint>(column), 0, 1,
                    static_cast<GLsizei>(copy.size()), GL_RGBA, GL_UNSIGNED_BYTE, copy.data());
  });
}

ImTextureID GlPixelColumns::texture() const {
  // Dear ImGui's identifiers are pointers in some versions, integers in others.
  return (ImTextureID)(std::intptr_t)(
      name_);  // NOLINT(google-readability-casting,performance-no-int-to-ptr)
}

}  // namespace forkscope::app
