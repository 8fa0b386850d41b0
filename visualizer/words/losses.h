// Which requests were lost, and with whom: the sum that can be checked.
//
// A request is lost when its worker dies before it is answered. Each death tells in its event how
// many it has taken along, and all of these together are what the server counts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "history/history.h"
#include "words/glossary.h"

namespace forkscope::words {

/// What one death has taken along.
struct Loss {
  std::int64_t wall_clock_ns = 0;
  std::uint32_t worker = 0;      ///< Number.
  std::uint32_t exit_cause = 0;  ///< ExitCause; in words by end_text().
  std::uint32_t exit_code = 0;
  std::uint64_t requests = 0;
};

struct Losses {
  std::uint64_t total = 0;
  std::vector<Loss> known;    ///< The newest first.
  std::uint64_t earlier = 0;  ///< Of deaths that are older than the events that are known.
};

/// Since the start of the server, as known at `time_ns`. `total` is the sum of all that follows.
Losses losses_at(const history::History& history, std::uint64_t time_ns);

/// "4 requests lost: 1 with worker 3 (SIGABRT), 2 with worker 1 (SIGSEGV), 1 earlier"; of many
/// deaths the newest `most`. Nothing where nothing was lost.
std::string losses_text(const Losses& losses, std::size_t most);

}  // namespace forkscope::words
