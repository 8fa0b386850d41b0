// Whether a terminal shows UTF-8, and what to write where it does not.
#pragma once

#include <string>
#include <string_view>

namespace forkscope::text {

enum class Charset { ascii, utf8 };

enum class Reader { terminal, program };

/// As the environment says: LC_ALL, LC_CTYPE and LANG (locale(7)), and for a terminal TERM.
Charset charset_of_environment(Reader reader);

/// `text`, which is UTF-8, in that character set. In ASCII every code point is one character, so
/// that what is as wide as the terminal stays so.
std::string in_charset(std::string_view text, Charset charset);

}  // namespace forkscope::text
