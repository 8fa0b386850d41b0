// The texts of a frame as a file that people read: one line for each, from the top to the bottom.
//
//     x    y  type        colour     text
//    24   17  large_bold  #ECF0F3    3 of 4 workers serve
//
// x and y are pixels, of the first glyph's upper left corner.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace forkscope::visualizer_test {

struct FrameText {
  int x = 0;
  int y = 0;
  std::string type;   ///< As in views::Type.
  std::string color;  ///< #RRGGBB, and AA behind it where it lets something through.
  std::string text;

  bool operator==(const FrameText&) const = default;
};

void write_texts(std::vector<FrameText> texts, const std::filesystem::path& file);
/// Throws std::runtime_error where there is no such file, or a line is not one of these.
std::vector<FrameText> read_texts(const std::filesystem::path& file);

/// What only one of the two has, as lines that begin with "-" (expected) or "+" (drawn); empty
/// where they are the same, in whatever order.
std::string difference_of(const std::vector<FrameText>& expected,
                          const std::vector<FrameText>& drawn);

}  // namespace forkscope::visualizer_test
