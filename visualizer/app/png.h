// Writes what OpenGL has drawn as a PNG file.
#pragma once

#include <string>

namespace forkscope::app {

/// Reads the current frame buffer, `width` × `height` pixels. Returns why it could not be written,
/// or an empty string.
std::string write_frame_png(const std::string& path, int width, int height);

}  // namespace forkscope::app
