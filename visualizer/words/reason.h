// Why a worker does nothing, or is there at all, where telemetry proves it: the window and the text
// view say the same. What is only likely is not said.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "history/changes.h"
#include "history/history.h"
#include "history/incidents.h"

namespace forkscope::words {

/// Of the workers of one picture. Borrows the history and the picture.
class Reasons {
 public:
  /// `now` is the picture of `time_ns`, and `incidents` are those known by then.
  Reasons(const history::History& history, std::uint64_t time_ns, const picture::Snapshot& now,
          const std::vector<history::Incident>& incidents);

  /// "no client has come back yet", "stands in during the reload", "leaves: its successor follows".
  /// Nothing where no reason is known, or none is needed.
  std::string of(const telemetry::WorkerReport& worker) const;

 private:
  std::string of_leaving(const telemetry::WorkerReport& worker) const;
  std::string of_quiet(const telemetry::WorkerReport& worker) const;
  bool others_serve(std::uint32_t number) const;

  const history::History& history_;
  std::uint64_t time_ns_;
  const picture::Snapshot& now_;
  const std::vector<history::Incident>& incidents_;
  std::vector<history::Change> changes_;
  std::vector<double> served_;  // in the last second; index = number - 1
};

}  // namespace forkscope::words
