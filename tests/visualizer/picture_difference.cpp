#include "picture_difference.h"

#include <stb_image_write.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace forkscope::visualizer_test {

namespace {

/// Of 255, in any of a block's colours. Debian 13 (FreeType 2.13, Dear ImGui 1.90, Mesa 25) draws
/// no block more than 6.5 otherwise than Debian 12 does (2.12, 1.86, 22); a bar that is missing
/// makes far more of those that it was in.
constexpr double kTolerated = 10;

std::size_t blocks_per_row(const Picture& picture) { return (picture.width + kBlock - 1) / kBlock; }

/// Calls `visit(index)` for each pixel of that block.
template <typename Visit>
void for_pixels(const Picture& picture, std::size_t block, const Visit& visit) {
  const std::size_t left = block % blocks_per_row(picture) * kBlock;
  const std::size_t top = block / blocks_per_row(picture) * kBlock;
  for (std::size_t y = top; y < std::min(top + kBlock, picture.height); ++y) {
    for (std::size_t x = left; x < std::min(left + kBlock, picture.width); ++x) {
      visit(y * picture.width + x);
    }
  }
}

/// Red, green and blue, 0 … 255.
std::array<double, 3> average(const Picture& picture, std::size_t block) {
  std::array<double, 3> sum{};
  double count = 0;
  for_pixels(picture, block, [&](std::size_t pixel) {
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += picture.pixels[pixel] >> (16 - 8 * i) & 0xFF;
    }
    ++count;
  });
  for (double& color : sum) color /= count;
  return sum;
}

}  // namespace

std::vector<std::size_t> different_blocks(const Picture& actual, const Picture& expected) {
  std::vector<std::size_t> different;
  const std::size_t rows = (actual.height + kBlock - 1) / kBlock;
  for (std::size_t block = 0; block < blocks_per_row(actual) * rows; ++block) {
    const auto one = average(actual, block);
    const auto other = average(expected, block);
    double most = 0;
    for (std::size_t i = 0; i < one.size(); ++i) most = std::max(most, std::abs(one[i] - other[i]));
    if (most > kTolerated) different.push_back(block);
  }
  return different;
}

void write_difference(const Picture& actual, const std::vector<std::size_t>& blocks,
                      const std::filesystem::path& png) {
  std::vector<unsigned char> pixels;
  for (const Color color : actual.pixels) {
    pixels.insert(pixels.end(), 3, static_cast<unsigned char>((color & 0xFF) / 3));
  }
  for (const std::size_t block : blocks) {
    for_pixels(actual, block, [&](std::size_t pixel) { pixels[3 * pixel] = 0xFF; });
  }
  const int width = static_cast<int>(actual.width);
  stbi_write_png(png.c_str(), width, static_cast<int>(actual.height), 3, pixels.data(), 3 * width);
}

}  // namespace forkscope::visualizer_test
