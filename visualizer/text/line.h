// One line of the terminal: pieces of text with a style each, cut at a width.
//
// Text is UTF-8 in which every code point is one column wide; that holds for all that is shown
// here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace forkscope::text {

enum class Style { plain, dim, bold, busy, slow, fresh, hung, dead };

/// What the terminal can show. Shapes and words carry everything; colours only help.
enum class Colors {
  none,   ///< No escape sequences at all.
  mono,   ///< Bold, dim and reverse video.
  basic,  ///< The eight colours.
  rgb,    ///< The window's palette, in 24 bits.
};
/// As the environment says: NO_COLOR (no-color.org), TERM, COLORTERM.
Colors colors_of_environment();

class Line {
 public:
  /// A line of at most `width` columns.
  Line(std::size_t width, Colors colors) : width_(width), colors_(colors) {}

  /// Cut with "…" where there is less room.
  Line& add(std::string_view text, Style style = Style::plain);
  /// Filled up with spaces to `columns` of its own; cut when longer.
  Line& add_left(std::string_view text, std::size_t columns, Style style = Style::plain);
  Line& add_right(std::string_view text, std::size_t columns, Style style = Style::plain);

  std::size_t columns_left() const { return width_ - used_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::size_t width_;
  Colors colors_;
  std::size_t used_ = 0;
  std::string bytes_;
};

/// Eighths of a block, from empty (0) to full (1).
std::string_view block(double share);

/// Code points in `text`.
std::size_t columns_of(std::string_view text);
/// The longest start of `text` with at most `columns` code points.
std::string_view cut(std::string_view text, std::size_t columns);

}  // namespace forkscope::text
