#include "app/png.h"

#include <GLFW/glfw3.h>
#include <stb_image_write.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace forkscope::app {

std::string write_frame_png(const std::string& path, int width, int height) {
  // OpenGL ES gives no other format; opacity is not wanted.
  const std::size_t count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  std::vector<std::array<unsigned char, 4>> read(count);
  glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, read.data());
  constexpr int kChannels = 3;
  std::vector<std::array<unsigned char, kChannels>> pixels(count);
  std::transform(read.begin(), read.end(), pixels.begin(), [](const auto& pixel) {
    return std::array{pixel[0], pixel[1], pixel[2]};
  });
  // OpenGL counts rows from the bottom, PNG from the top.
  const int stride = width * kChannels;
  const auto* top = pixels.data() + static_cast<std::ptrdiff_t>(width) * (height - 1);
  errno = 0;
  if (stbi_write_png(path.c_str(), width, height, kChannels, top, -stride) != 0) return {};
  return "cannot write " + path + (errno ? std::string(": ") + std::strerror(errno) : "");
}

}  // namespace forkscope::app
