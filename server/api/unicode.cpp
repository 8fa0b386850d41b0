#include "api/unicode.h"

#include <algorithm>
#include <iterator>

namespace forkscope::api {
namespace {

// ECMA-262: WhiteSpace and LineTerminator, as UTF-8.
constexpr std::string_view kSpaces[] = {
    "\t",           "\n",           "\v",           "\f", "\r", " ",
    "\xC2\xA0",                                      // no-break space
    "\xE1\x9A\x80",                                  // ogham space mark
    "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",  // en quad, em quad, en space
    "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85",  // em space, 1/3 em, 1/4 em
    "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",  // 1/6 em, figure, punctuation
    "\xE2\x80\x89", "\xE2\x80\x8A",                  // thin space, hair space
    "\xE2\x80\xA8", "\xE2\x80\xA9",                  // line and paragraph separator
    "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80",  // narrow, mathematical, ideographic
    "\xEF\xBB\xBF",                                  // zero width no-break space
};

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto is_graphic = [](char byte) { return byte > ' ' && byte <= '~'; };
  if (!text.empty() && is_graphic(text.front()) && is_graphic(text.back())) return text;  // mostly
  const auto starts = [&](std::string_view space) { return text.starts_with(space); };
  const auto ends = [&](std::string_view space) { return text.ends_with(space); };
  const auto* const none = std::end(kSpaces);
  for (auto it = std::find_if(kSpaces, none, starts); it != none;
       it = std::find_if(kSpaces, none, starts)) {
    text.remove_prefix(it->size());
  }
  for (auto it = std::find_if(kSpaces, none, ends); it != none;
       it = std::find_if(kSpaces, none, ends)) {
    text.remove_suffix(it->size());
  }
  return text;
}

std::size_t code_point_count(std::string_view text) {
  const auto starts_code_point = [](char byte) { return (byte & 0xC0) != 0x80; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_code_point));
}

}  // namespace forkscope::api
