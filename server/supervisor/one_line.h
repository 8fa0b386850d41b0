// Text that somebody else has written, as a part of one line of the log: no line end, no escape
// sequence for the terminal that shows it, and nothing that turns the direction of the text around.
#pragma once

#include <string>
#include <string_view>

namespace forkscope::supervisor {

/// Valid UTF-8, no longer than `text`: a blank in place of a tab or a line end, and '?' in place of
/// each character that is not to be shown and each byte that is no UTF-8.
std::string one_line(std::string_view text);

}  // namespace forkscope::supervisor
