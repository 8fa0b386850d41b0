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

class Line {
 public:
  /// A line of at most `width` columns; `colored` false leaves every style out.
  Line(std::size_t width, bool colored) : width_(width), colored_(colored) {}

  Line& add(std::string_view text, Style style = Style::plain);
  /// Filled up with spaces to `columns` of its own; cut when longer.
  Line& add_left(std::string_view text, std::size_t columns, Style style = Style::plain);
  Line& add_right(std::string_view text, std::size_t columns, Style style = Style::plain);

  const std::string& bytes() const { return bytes_; }

 private:
  std::size_t width_;
  bool colored_;
  std::size_t used_ = 0;
  std::string bytes_;
};

/// Code points in `text`.
std::size_t columns_of(std::string_view text);
/// The longest start of `text` with at most `columns` code points.
std::string_view cut(std::string_view text, std::size_t columns);

}  // namespace forkscope::text
