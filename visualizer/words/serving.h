// How many workers serve, in words.
#pragma once

#include <cstdint>
#include <string>

#include "picture/snapshot.h"

namespace forkscope::words {

struct Serving {
  std::uint64_t serving = 0;  ///< They answer, or would.
  std::uint64_t slow = 0;     ///< Of those, the ones that do nothing but one long request.
  std::uint64_t all = 0;

  bool whole() const { return all > 0 && serving == all; }
  /// "4 workers", "3 of 4 workers serve"; where some are slow with that behind it: "4 workers,
  /// 1 slow". "no worker" where there is none.
  std::string text() const;
};

Serving serving_of(const picture::Snapshot& picture);

}  // namespace forkscope::words
