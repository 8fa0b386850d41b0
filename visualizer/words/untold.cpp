#include "words/untold.h"

#include <algorithm>

namespace forkscope::words {

bool runs_program(const picture::Snapshot& picture) {
  return std::ranges::any_of(picture.workers,
                             [](const auto& worker) { return worker.program.has_value(); });
}

bool tells_requests(const picture::Snapshot& picture) {
  return !runs_program(picture) || std::ranges::any_of(picture.workers, [](const auto& worker) {
    return worker.program && worker.program->reports > 0;
  });
}

}  // namespace forkscope::words
