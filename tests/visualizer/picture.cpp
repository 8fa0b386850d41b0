#include "picture.h"

#include <arpa/inet.h>
#include <stb_image.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace forkscope::visualizer_test {

std::size_t Picture::count(Color color) const {
  return static_cast<std::size_t>(std::count(pixels.begin(), pixels.end(), color));
}

std::size_t Picture::distinct_colors() const {
  std::vector<Color> sorted = pixels;
  std::sort(sorted.begin(), sorted.end());
  return static_cast<std::size_t>(std::unique(sorted.begin(), sorted.end()) - sorted.begin());
}

double Picture::difference(const Picture& other) const {
  if (width != other.width || height != other.height) return 1;
  std::size_t different = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (pixels[i] != other.pixels[i]) ++different;
  }
  return static_cast<double>(different) / static_cast<double>(pixels.size());
}

Picture read_png(const std::filesystem::path& file) {
  int width = 0;
  int height = 0;
  int channels = 0;
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> bytes(
      stbi_load(file.c_str(), &width, &height, &channels, STBI_rgb), &stbi_image_free);
  if (!bytes) throw std::runtime_error(file.string() + ": " + stbi_failure_reason());
  Picture picture{static_cast<std::size_t>(width), static_cast<std::size_t>(height), {}};
  picture.pixels.reserve(picture.width * picture.height);
  for (const stbi_uc* at = bytes.get(); picture.pixels.size() < picture.width * picture.height;
       at += 3) {
    picture.pixels.push_back(Color{at[0]} << 16 | Color{at[1]} << 8 | at[2]);
  }
  return picture;
}

Picture read_xwd(const std::filesystem::path& file) {
  // Of the header's 25 words, most significant byte first, those that are needed here.
  enum { header_bytes = 0, width = 4, height = 5, bits_per_pixel = 11, bytes_per_line = 12 };
  constexpr std::size_t kColorCount = 19;
  constexpr std::size_t kBytesPerColor = 12;

  std::ifstream stream(file, std::ios::binary);
  std::array<std::uint32_t, 25> header{};
  stream.read(reinterpret_cast<char*>(header.data()), sizeof header);
  for (std::uint32_t& word : header) word = ntohl(word);
  if (!stream || header[bits_per_pixel] != 32 || header[bytes_per_line] != 4 * header[width]) {
    throw std::runtime_error(file.string() + ": not a screen of 32 bits per pixel");
  }
  Picture picture{header[width], header[height], {}};
  picture.pixels.resize(picture.width * picture.height);
  stream.seekg(header[header_bytes] + kBytesPerColor * header[kColorCount]);
  // Pixels are words of this machine: 0x__RRGGBB.
  stream.read(reinterpret_cast<char*>(picture.pixels.data()),
              static_cast<std::streamsize>(picture.pixels.size() * sizeof(Color)));
  if (!stream) throw std::runtime_error(file.string() + ": too short");
  for (Color& pixel : picture.pixels) pixel &= 0xFFFFFF;
  return picture;
}

}  // namespace forkscope::visualizer_test
