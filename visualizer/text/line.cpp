#include "text/line.h"

#include <algorithm>

namespace forkscope::text {

namespace {

/// SGR sequences (ECMA-48 8.3.117). Colours are the palette of the window in 24 bits; alarms are
/// slabs with black or white text.
std::string_view sequence(Style style) {
  switch (style) {
    case Style::plain: return "";
    case Style::dim: return "\x1b[2m";
    case Style::bold: return "\x1b[1m";
    case Style::busy: return "\x1b[38;2;86;180;233m";
    case Style::slow: return "\x1b[38;2;230;159;0m";
    case Style::fresh: return "\x1b[38;2;0;158;115m";
    case Style::hung: return "\x1b[1;38;2;0;0;0;48;2;240;228;66m";
    case Style::dead: return "\x1b[1;38;2;255;255;255;48;2;213;94;0m";
  }
  return "";
}

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !continues(byte); }));
}

std::string_view cut(std::string_view text, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (continues(text[i])) continue;
    if (seen == columns) return text.substr(0, i);
    ++seen;
  }
  return text;
}

Line& Line::add(std::string_view text, Style style) {
  const std::string_view shown = cut(text, width_ - used_);
  used_ += columns_of(shown);
  const bool styled = colored_ && style != Style::plain && !shown.empty();
  if (styled) bytes_ += sequence(style);
  bytes_ += shown;
  if (styled) bytes_ += "\x1b[0m";
  return *this;
}

Line& Line::add_left(std::string_view text, std::size_t columns, Style style) {
  const std::string_view shown = cut(text, columns);
  add(shown, style);
  return add(std::string(columns - columns_of(shown), ' '));
}

Line& Line::add_right(std::string_view text, std::size_t columns, Style style) {
  const std::string_view shown = cut(text, columns);
  add(std::string(columns - columns_of(shown), ' '));
  return add(shown, style);
}

}  // namespace forkscope::text
