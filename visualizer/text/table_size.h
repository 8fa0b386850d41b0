// What a terminal, or a part of it, has room for.
#pragma once

#include <cstddef>

namespace forkscope::text {

inline constexpr std::size_t kWideColumns = 110;  // from here on there is room for everything

struct TableSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
  bool wide() const { return columns >= kWideColumns; }
};

}  // namespace forkscope::text
