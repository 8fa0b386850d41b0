// The page of the chat, from page.html.
#pragma once

#include <string_view>

namespace forkscope::chat {

std::string_view page();

}  // namespace forkscope::chat
