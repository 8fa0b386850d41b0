// What a running server counts, read from its telemetry as any viewer does: what a test holds
// against what its clients saw (crowd.h). Attached for as long as the object lives, also when the
// server does not.
#pragma once

#include <vector>

#include "forkscope/telemetry/layout.h"
#include "forkscope/telemetry/segment_view.h"
#include "support/server_process.h"

namespace forkscope::support {

class Figures {
 public:
  /// Throws std::runtime_error when it can't attach.
  explicit Figures(const ServerProcess& server);

  /// Connections that went on at another worker, since the start.
  long moved(telemetry::MoveReason reason) const;
  long moved() const;
  /// Requests that were lost with their worker, of all workers since the start.
  long lost() const;
  /// Write requests that wait for their turn, now.
  long parked() const;
  /// From and to clients, of all workers since the start.
  long bytes_received() const;
  long bytes_sent() const;
  telemetry::Protection protection() const;
  /// What the primary has told, oldest first; at most what its lane holds.
  std::vector<telemetry::EventRecord> events() const;

 private:
  telemetry::SegmentView view_;
};

}  // namespace forkscope::support
