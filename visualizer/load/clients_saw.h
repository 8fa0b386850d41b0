// What the load's own clients saw, in words that say whose count it is: the server counts for
// itself.
#pragma once

#include <string>

#include "load/load_options.h"

namespace forkscope::load {

/// "clients saw: 0 broken, 7 failed (status 404)", where there are any with the status of the
/// latest that failed; and what else there was: ", 3 closed at rest, 5 refused".
std::string clients_saw(const LoadStatus& status);

}  // namespace forkscope::load
