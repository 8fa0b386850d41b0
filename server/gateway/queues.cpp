#include "gateway/queues.h"

#include <algorithm>

namespace forkscope::gateway {

void Queues::find_open() {
  if (sockets_.empty()) return;
  const auto beat = view_.beat();
  if (!beat || beat->open_queues == 0) return;
  for (std::uint32_t slot = 0; slot < sockets_.size(); ++slot) {
    const auto roster = view_.roster(slot);
    if (roster && roster->queue_open == 1) note(sockets_[slot]);
  }
}

void Queues::note(int socket) {
  if (std::find(pending_.begin(), pending_.end(), socket) == pending_.end()) {
    pending_.push_back(socket);
  }
}

}  // namespace forkscope::gateway
