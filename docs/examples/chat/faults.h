// Something to break, for classes: as events of a client, and at /v1/faults/, where the keys of the
// visualizer find it.
#pragma once

#include <string_view>

namespace forkscope::chat {

/// "hang" (spin, sleep) or "crash" (segv, abort, throw, exit); without a way in the first one.
/// Returns only where there is no such fault; throws for `throw`.
void fire(std::string_view fault, std::string_view way);

}  // namespace forkscope::chat
