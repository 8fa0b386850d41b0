// Who keeps a request waiting, on the way to being called hung: the time before an incident.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "picture/snapshot.h"

namespace forkscope::words {

inline constexpr std::uint64_t kWaitNs = 300'000'000;  // so long deserves an eye

/// A worker that has been in one step for kWaitNs, and is not called hung.
struct Wait {
  std::uint32_t worker = 0;  ///< Number.
  std::uint64_t age_ns = 0;
  std::uint64_t hung_at_ns = 0;  ///< The age at which it is called hung, --hang-after; 0: unknown.
  std::string where;             ///< "in GET /v1/todos", "while committing".

  /// 0 … 1, of the way to being called hung.
  double share() const;
};

/// As of a picture; whoever is nearest to being called hung first.
std::vector<Wait> waits(const picture::Snapshot& now);

/// "1.8 s in GET /v1/faults/hang"
std::string wait_text(const Wait& wait);
/// "called hung at 2.0 s", or nothing where that is not known.
std::string limit_text(const Wait& wait);

}  // namespace forkscope::words
