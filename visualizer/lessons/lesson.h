// One lesson: a question, something that is done to the server, and an answer that is measured.
//
// A lesson is asked in this order: question() and choices() before anything happens, fire() once,
// watch() for every picture until it says that it is over (or the course's patience ends), then
// answer(). put_back() ends it, also in the middle. Which of the choices is right is measured like
// everything else: on another machine, or with one worker alone, it may be another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lessons/situation.h"

namespace forkscope::lessons {

using Choices = std::vector<std::string>;

struct Answer {
  std::string measured;                   ///< The figures, one or two sentences.
  std::string because;                    ///< Why it is so, one or two sentences.
  std::optional<std::size_t> right = {};  ///< Index of the choice that came true; none has to.
  bool is_measured = true;                ///< Otherwise no choice has been right or wrong.
};

class Lesson {
 public:
  virtual ~Lesson() = default;

  virtual std::string title() const = 0;
  virtual std::string question(const picture::Snapshot& now) const = 0;
  virtual Choices choices(const picture::Snapshot& now) const = 0;

  /// How long watch() may take, at the most.
  virtual std::uint64_t patience_ns() const { return 60'000'000'000; }

  /// What the server has to have for it.
  virtual bool needs_faults() const { return true; }
  virtual bool needs_load() const { return true; }
  /// And whatever else: why the server cannot be asked this, one line. Empty: it can.
  virtual std::string obstacle(const Situation&) const { return {}; }

  virtual Actions fire(const Situation& situation) = 0;
  /// May have more done; returns whether all is measured.
  virtual bool watch(const Situation& situation, Actions& actions) = 0;
  /// One line while it is being watched.
  virtual std::string progress(const Situation& situation) const = 0;
  virtual Answer answer(const Situation& situation) const = 0;
  /// What it has changed and nobody else puts back, but for the load. Asked for at its end, and
  /// once more is nothing.
  virtual Actions put_back(const Situation&) { return {}; }
};

}  // namespace forkscope::lessons
