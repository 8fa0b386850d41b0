// What a server has of what keys, buttons and lessons ask for: a server of another application than
// the todos (docs/build-your-own.md) may have none of it. Plain values.
#pragma once

namespace forkscope::picture {

/// Unknown: it was not asked, or has not answered so far.
enum class Has { unknown, no, yes };

struct Offer {
  Has faults = Has::unknown;  ///< GET /v1/faults/hang, and with it the other faults.
  Has todos = Has::unknown;   ///< GET /v1/todos
  Has writes = Has::unknown;  ///< POST /v1/todos
};

}  // namespace forkscope::picture
