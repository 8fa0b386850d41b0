// How many workers serve, in words.
#pragma once

#include <cstdint>
#include <string>

#include "picture/snapshot.h"

namespace forkscope::words {

struct Serving {
  std::uint64_t serving = 0;  ///< They answer, or would.
  std::uint64_t slow = 0;     ///< They do nothing but one long request; nobody calls them hung yet.
  std::uint64_t all = 0;

  /// Nobody is hung, dead, or on the way.
  bool well() const { return all > 0 && serving + slow == all; }
  /// "4 workers", "3 of 4 workers serve", "2 of 4 workers serve, 1 slow"; "no worker" where there
  /// is none.
  std::string text() const;
};

Serving serving_of(const picture::Snapshot& picture);

}  // namespace forkscope::words
