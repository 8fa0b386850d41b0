// The course: leads through the lessons, one step at a time.
//
//   closed ──next──▶ predict ──next──▶ fire ─▶ watch ─(all is measured)─▶ answer ──next──▶ reset
//     ▲                 ▲                                                                    │
//     │ leave           └──────────────── next: the lesson that follows ◀────────────────────┘
//
// The user's `next` is one key. Fire leads to watch by itself; watch ends when the lesson has
// measured, when its requests are refused, or after a minute. A lesson that the server lacks
// something for says so in place of its question, and is passed over. Main thread only; owns the
// lessons.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lessons/lesson.h"

namespace forkscope::lessons {

enum class Step { predict, fire, watch, answer, reset };
inline constexpr std::size_t kSteps = 5;

/// What a panel shows. Plain values; made anew for each frame.
struct Page {
  std::size_t number = 1;  ///< Of the lesson, from 1.
  std::size_t count = 7;
  std::string title;
  Step step = Step::predict;
  std::string question;
  Choices choices;
  std::optional<std::size_t> chosen;
  std::string progress;          ///< While watching and resetting.
  std::optional<Answer> answer;  ///< From `answer` on.
  std::string next;              ///< What the next step will do, for the button.
  bool can_go_on = true;         ///< Whether `next` does anything now.
};

class Course {
 public:
  /// The six lessons.
  Course();
  explicit Course(std::vector<std::unique_ptr<Lesson>> lessons);
  ~Course();

  bool open() const { return open_; }
  /// The next step; opens the course when it is closed. Only while a server is there.
  Actions next(const Situation& situation);
  /// Puts back what a lesson has begun, the load above all, and closes the course.
  Actions leave(const Situation& situation);
  /// Once per picture.
  Actions update(const Situation& situation);

  /// In the predict step; otherwise, and beyond the choices, without effect.
  void choose(std::size_t choice);
  void choose_neighbour(int distance);

  Page page(const Situation& situation) const;

 private:
  Lesson& lesson() const { return *lessons_[current_]; }
  void ask(const Situation& situation);
  Actions go_to_next_lesson(const Situation& situation);
  std::string obstacle(const Situation& situation) const;
  std::optional<Answer> refusal(const Situation& situation) const;
  Actions start_reset(const Situation& situation);
  Actions put_back(const Situation& situation);

  std::vector<std::unique_ptr<Lesson>> lessons_;
  std::size_t current_ = 0;
  bool open_ = false;
  Step step_ = Step::predict;
  std::optional<std::size_t> chosen_;
  std::optional<Answer> answer_;
  // The words of the question as they were asked: the number of workers may change meanwhile.
  std::string question_;
  Choices choices_;
  bool is_possible_ = true;           // otherwise the question says why not
  std::uint64_t refused_before_ = 0;  // of the situation, when it was fired
  std::uint64_t step_since_ns_ = 0;
  std::uint64_t reset_began_ns_ = 0;
  bool is_calm_ = false;  // in the reset step: all is as it was
};

}  // namespace forkscope::lessons
