// What a worker sees of the others: who would hear it if it called.
#pragma once

#include <cstdint>

#include "forkscope/telemetry/segment_view.h"

namespace forkscope::gateway {

/// It serves, and has not been in the hands of the application for more than some milliseconds.
bool is_available(const telemetry::SegmentView& view, std::uint32_t slot, std::uint64_t now_ns);

/// It has answered a request a moment ago, has a single connection or none, and runs no handler.
bool is_free_again(const telemetry::SegmentView& view, std::uint32_t slot, std::uint64_t now_ns);

}  // namespace forkscope::gateway
