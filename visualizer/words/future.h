// What is said of the part of the time line behind the moment that is shown.
#pragma once

#include <array>
#include <string_view>

namespace forkscope::words {

/// Longest first. A replay has not come to it yet; while live it has been, and is not shown.
inline std::array<std::string_view, 2> future_texts(bool replay) {
  return replay ? std::array<std::string_view, 2>{"still to come in this replay", "to come"}
                : std::array<std::string_view, 2>{"has been since, not shown", "since"};
}

}  // namespace forkscope::words
