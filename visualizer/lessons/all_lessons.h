// The lessons of the course, each in a file of its own.
#pragma once

#include <memory>
#include <vector>

#include "lessons/lesson.h"

namespace forkscope::lessons {

std::unique_ptr<Lesson> many_workers();  ///< Why several workers?
std::unique_ptr<Lesson> who_answers();   ///< Who answers, and is it fair?
std::unique_ptr<Lesson> one_hangs();     ///< One hangs: who notices?
std::unique_ptr<Lesson> one_crashes();   ///< One crashes: what is lost?
std::unique_ptr<Lesson> all_hang();      ///< All hang: what is an outage?
std::unique_ptr<Lesson> crash_loop();    ///< A crash loop.

/// All of them, in this order.
std::vector<std::unique_ptr<Lesson>> all_lessons();

}  // namespace forkscope::lessons
