#include "app/png.h"

#include <GLFW/glfw3.h>
#include <stb_image_write.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace forkscope::app {

std::string write_frame_png(const std::string& path, int width, int height) {
  constexpr int kChannels = 3;
  const int stride = width * kChannels;
  std::vector<unsigned char> pixels(static_cast<std::size_t>(stride) *
                                    static_cast<std::size_t>(height));
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, pixels.data());
  // OpenGL counts rows from the bottom, PNG from the top.
  const unsigned char* top = pixels.data() + static_cast<std::ptrdiff_t>(stride) * (height - 1);
  errno = 0;
  if (stbi_write_png(path.c_str(), width, height, kChannels, top, -stride) != 0) return {};
  return "cannot write " + path + (errno ? std::string(": ") + std::strerror(errno) : "");
}

}  // namespace forkscope::app
