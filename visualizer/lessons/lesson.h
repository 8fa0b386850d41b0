// One lesson: a question, something that is done to the server, and an answer that is measured.
//
// A lesson is asked in this order: question() and choices() before anything happens, fire() once,
// watch() for every picture until it says that it is over (or the course's patience ends), then
// answer(). Which of the choices is right is measured like everything else: on another machine, or
// with one worker alone, it may be another one.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "lessons/situation.h"

namespace forkscope::lessons {

inline constexpr std::size_t kChoices = 3;

struct Answer {
  std::string measured;   ///< The figures, one or two sentences.
  std::string because;    ///< Why it is so, one or two sentences.
  std::size_t right = 0;  ///< Index of the choice that came true.
};

class Lesson {
 public:
  virtual ~Lesson() = default;

  virtual std::string title() const = 0;
  virtual std::string question(const picture::Snapshot& now) const = 0;
  virtual std::array<std::string, kChoices> choices(const picture::Snapshot& now) const = 0;

  virtual Actions fire(const Situation& situation) = 0;
  /// May have more done; returns whether all is measured.
  virtual bool watch(const Situation& situation, Actions& actions) = 0;
  /// One line while it is being watched.
  virtual std::string progress(const Situation& situation) const = 0;
  virtual Answer answer(const Situation& situation) const = 0;
};

}  // namespace forkscope::lessons
