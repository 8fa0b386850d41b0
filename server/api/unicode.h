// The little that titles need to know of Unicode. All text is valid UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace forkscope::api {

/// Without white space and line ends at both ends: what JavaScript's String.trim() removes.
std::string_view trimmed(std::string_view text);

/// Characters, in the sense of code points.
std::size_t code_point_count(std::string_view text);

}  // namespace forkscope::api
