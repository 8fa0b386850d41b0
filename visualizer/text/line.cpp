#include "text/line.h"

#include <algorithm>
#include <cstdlib>

namespace forkscope::text {

namespace {

/// SGR sequences (ECMA-48 8.3.117): for `mono`, `basic` and `rgb`. Alarms are slabs: black on
/// yellow, white on red, or reverse video.
struct Sequences {
  std::string_view mono;
  std::string_view basic;
  std::string_view rgb;
};

Sequences sequences(Style style) {
  switch (style) {
    case Style::plain: break;
    case Style::dim: return {"\x1b[2m", "\x1b[2m", "\x1b[2m"};
    case Style::bold: return {"\x1b[1m", "\x1b[1m", "\x1b[1m"};
    case Style::busy: return {"", "\x1b[36m", "\x1b[38;2;86;180;233m"};
    case Style::slow: return {"\x1b[1m", "\x1b[33m", "\x1b[38;2;230;159;0m"};
    case Style::fresh: return {"\x1b[1m", "\x1b[32m", "\x1b[38;2;0;158;115m"};
    case Style::hung: return {"\x1b[1;7m", "\x1b[30;43m", "\x1b[1;38;2;0;0;0;48;2;240;228;66m"};
    case Style::dead:
      return {"\x1b[1;7m", "\x1b[1;37;41m", "\x1b[1;38;2;255;255;255;48;2;213;94;0m"};
  }
  return {};
}

std::string_view sequence(Style style, Colors colors) {
  switch (colors) {
    case Colors::none: break;
    case Colors::mono: return sequences(style).mono;
    case Colors::basic: return sequences(style).basic;
    case Colors::rgb: return sequences(style).rgb;
  }
  return {};
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

Colors colors_of_environment() {
  const std::string_view term = environment("TERM");
  if (term.empty() || term == "dumb") return Colors::none;
  if (!environment("NO_COLOR").empty() || term.starts_with("vt")) {
    return Colors::mono;
  }
  const std::string_view depth = environment("COLORTERM");
  return depth == "truecolor" || depth == "24bit" ? Colors::rgb : Colors::basic;
}

std::string_view block(double share) {
  static constexpr std::string_view kBlocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  return kBlocks[static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * 8)];
}

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
  std::string shown(cut(text, columns_left()));
  if (shown.size() < text.size() && !shown.empty()) {
    shown.resize(cut(shown, columns_left() - 1).size());
    if (!shown.ends_with("…")) shown += "…";
  }
  used_ += columns_of(shown);
  const std::string_view start = shown.empty() ? std::string_view() : sequence(style, colors_);
  bytes_ += start;
  bytes_ += shown;
  if (!start.empty()) bytes_ += "\x1b[0m";
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
