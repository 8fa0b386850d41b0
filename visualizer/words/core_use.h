// Who uses a core, in words: the workers and the others, who make up its use to the last percent.
#pragma once

#include <string>
#include <vector>

#include "picture/snapshot.h"

namespace forkscope::words {

/// "worker 3 61 %, others 34 %", "no worker, others 98 %", "ours 61 %, others 34 %" and the same
/// shorter, longest first. Where it is not known how much is whose, only the workers that use it:
/// "workers 1 + 4", "perhaps worker 3", "no worker".
std::vector<std::string> core_use_texts(const picture::CoreSample& core);

/// "others: wrk 98 %, this viewer 13 %", each of one core, and the same shorter, longest first.
/// Empty where nobody is known.
std::vector<std::string> others_texts(const std::vector<picture::Program>& programs);

}  // namespace forkscope::words
