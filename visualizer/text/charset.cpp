#include "text/charset.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "text/line.h"

namespace forkscope::text {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
  return result;
}

/// The name alone: nl_langinfo(3) knows only locales that are installed, and over SSH comes the
/// name of one that need not be.
bool is_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == 0) continue;
    const std::string locale = lower(value);
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;  // the locale "POSIX"
}

/// The DEC terminals know no UTF-8, and the fonts of the Linux console not half of what is shown.
bool is_of_few_characters(std::string_view term) {
  return term.starts_with("vt") || term == "linux" || term.starts_with("linux-");
}

struct Replacement {
  std::string_view character;
  char ascii;
};

/// Everything that is shown; the blocks are the eighths of line.h, the shapes those of look.h.
constexpr std::array kReplacements{
    Replacement{"▁", '.'}, Replacement{"▂", ':'}, Replacement{"▃", '-'}, Replacement{"▄", '='},
    Replacement{"▅", '+'}, Replacement{"▆", '*'}, Replacement{"▇", '%'}, Replacement{"█", '@'},
    Replacement{"○", 'o'}, Replacement{"●", '*'}, Replacement{"▲", '^'}, Replacement{"✚", '+'},
    Replacement{"◐", '('}, Replacement{"▨", '#'}, Replacement{"✖", 'X'}, Replacement{"·", '-'},
    Replacement{"×", 'x'}, Replacement{"µ", 'u'}, Replacement{"…", '~'}, Replacement{"–", '-'},
    Replacement{"←", '<'}, Replacement{"→", '>'}, Replacement{"◉", '@'},
};

char ascii_of(std::string_view character) {
  const char first = character.front();
  if (static_cast<unsigned char>(first) < 0x80) return first;
  const auto* found =
      std::find_if(kReplacements.begin(), kReplacements.end(),
                   [&](const Replacement& each) { return each.character == character; });
  return found != kReplacements.end() ? found->ascii : '?';
}

}  // namespace

Charset charset_of_environment(Reader reader) {
  const char* term = std::getenv("TERM");
  const bool few = reader == Reader::terminal && term != nullptr && is_of_few_characters(term);
  return is_utf8_locale() && !few ? Charset::utf8 : Charset::ascii;
}

std::string in_charset(std::string_view text, Charset charset) {
  if (charset == Charset::utf8) return std::string(text);
  std::string result;
  while (!text.empty()) {
    const std::string_view character = cut(text, 1);
    result += ascii_of(character);
    text.remove_prefix(character.size());
  }
  return result;
}

}  // namespace forkscope::text
