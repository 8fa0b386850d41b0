// A picture as JSON, for scripts: `--text --once`.
#pragma once

#include <nlohmann/json.hpp>

#include "picture/snapshot.h"

namespace forkscope::text {

/// The worker list as `/v1/workers` gives it, with "server", "totals" and "cores" beside it.
nlohmann::ordered_json snapshot_json(const picture::Snapshot& snapshot);

}  // namespace forkscope::text
