// The lesson about the ways to share a port.
#pragma once

#include <memory>

#include "comparison/comparison.h"
#include "lessons/lesson.h"

namespace forkscope::comparison {

/// Six ways to share a port. Borrows the comparison, so that its rows are there for whoever shows
/// them.
std::unique_ptr<lessons::Lesson> six_ways(Comparison& comparison);

}  // namespace forkscope::comparison
