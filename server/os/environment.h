// Variables that are meant for this process and not for its children. For the primary, before it
// forks.
#pragma once

#include <string>

namespace forkscope::os {

/// The value of the variable, which is gone afterwards; empty where there is none.
std::string take_variable(const char* name);

}  // namespace forkscope::os
