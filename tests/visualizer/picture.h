// What a window shows, as pixels: read from a PNG file, or from the screen of an X server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace forkscope::visualizer_test {

using Color = std::uint32_t;  ///< 0xRRGGBB

// The colours that say something (the Okabe-Ito palette), on the dark theme.
inline constexpr Color kHungYellow = 0xF0E442;
inline constexpr Color kFreshGreen = 0x009E73;
inline constexpr Color kBusyBlue = 0x56B4E9;
inline constexpr Color kPausedOrange = 0xE69F00;
inline constexpr Color kTextWhite = 0xECF0F3;

struct Picture {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<Color> pixels;  ///< Row by row from the top.

  /// Pixels of exactly that colour: text and shapes have edges in between, areas have not.
  std::size_t count(Color color) const;
  std::size_t distinct_colors() const;
  /// The part of all pixels that differ, 0 … 1; 1 for pictures of different sizes.
  double difference(const Picture& other) const;
};

/// Throws std::runtime_error where the file is no PNG.
Picture read_png(const std::filesystem::path& file);
/// The screen that Xvfb keeps in a file (option -fbdir), in the format of xwd(1), whose header is
/// described in <X11/XWDFile.h>. Throws std::runtime_error.
Picture read_xwd(const std::filesystem::path& file);

}  // namespace forkscope::visualizer_test
