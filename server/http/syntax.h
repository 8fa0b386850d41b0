// The lexical rules of HTTP that the framer's parts share: character classes and small helpers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace forkscope::http {

enum CharClass : std::uint8_t {
  kTokenChar = 1,   ///< tchar of method and field names, RFC 9110 section 5.6.2.
  kTargetChar = 2,  ///< What a URI without fragment is made of, RFC 3986 section 2.
  kHostChar = 4,    ///< reg-name, RFC 3986 section 3.2.2, but no comma: that is two Hosts merged.
  kTextChar = 8,    ///< HTAB, SP, VCHAR and obs-text of field values, RFC 9110 section 5.5.
  kHexDigit = 16,
};

constexpr std::array<std::uint8_t, 256> make_char_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&classes](std::string_view chars, unsigned mask) {
    for (const char c : chars) classes[static_cast<unsigned char>(c)] |= mask;
  };
  for (unsigned c = 0x20; c < 0x100; ++c) {
    if (c != 0x7f) classes[c] |= kTextChar;
  }
  add("\t", kTextChar);
  add("0123456789ABCDEFabcdef", kHexDigit);
  add("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~",
      kTokenChar | kTargetChar | kHostChar);
  add("!#$%&'*+^`|", kTokenChar);
  add("!$&'()*+,;=%:/?@[]", kTargetChar);
  add("!$&'()*+;=%", kHostChar);
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kCharClasses = make_char_classes();

constexpr bool is(char c, CharClass char_class) {
  return (kCharClasses[static_cast<unsigned char>(c)] & char_class) != 0;
}

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The first position from `pos` on whose character is not of the class, or text.size().
constexpr std::size_t skip_while(std::string_view text, std::size_t pos, CharClass char_class) {
  while (pos < text.size() && is(text[pos], char_class)) ++pos;
  return pos;
}

/// skip_while(kTextChar), eight bytes at a time: field values are most of a head.
inline std::size_t skip_text(std::string_view text, std::size_t pos) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  for (; text.size() - pos >= sizeof(std::uint64_t); pos += sizeof(std::uint64_t)) {
    std::uint64_t bytes;
    std::memcpy(&bytes, text.data() + pos, sizeof bytes);
    const std::uint64_t below_space = (bytes - kEach * 0x20) & ~bytes;
    const std::uint64_t not_del = bytes ^ (kEach * 0x7f);
    const std::uint64_t del = (not_del - kEach) & ~not_del;
    if (((below_space | del) & (kEach * 0x80)) != 0) break;
  }
  return skip_while(text, pos, kTextChar);
}

/// Without optional whitespace (SP, HTAB) at both ends, RFC 9110 section 5.6.3.
constexpr std::string_view trim_ows(std::string_view text) {
  const auto is_ows = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

/// Compares ASCII without regard to case. `lower` must be in lower case.
constexpr bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != lower[i]) return false;
  }
  return true;
}

}  // namespace forkscope::http
