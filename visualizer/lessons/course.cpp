#include "lessons/course.h"

#include <algorithm>
#include <utility>

#include "lessons/all_lessons.h"

namespace forkscope::lessons {

namespace {

constexpr std::uint64_t kPatienceNs = 60'000'000'000;
/// A fault that is over by itself soon need not be cut short.
constexpr std::uint64_t kResetPatienceNs = 1'000'000'000;

std::vector<std::unique_ptr<Lesson>> all_lessons() {
  std::vector<std::unique_ptr<Lesson>> lessons;
  lessons.push_back(many_workers());
  lessons.push_back(who_answers());
  lessons.push_back(one_hangs());
  lessons.push_back(one_crashes());
  lessons.push_back(all_hang());
  lessons.push_back(crash_loop());
  return lessons;
}

bool is_calm(const Situation& situation) {
  return !situation.load.running && count_serving(situation.now) == count_workers(situation.now);
}

}  // namespace

Course::Course() : Course(all_lessons()) {}

Course::Course(std::vector<std::unique_ptr<Lesson>> lessons) : lessons_(std::move(lessons)) {}

Course::~Course() = default;

Actions Course::next(const Situation& situation) {
  if (situation.now.attachment != picture::Attachment::live) return {};
  if (!open_) {
    open_ = true;
    step_ = Step::predict;
    chosen_.reset();
    question_ = lesson().question(situation.now);
    choices_ = lesson().choices(situation.now);
    return {};
  }
  switch (step_) {
    case Step::predict:
      step_ = Step::fire;
      step_since_ns_ = situation.time_ns();
      answer_.reset();
      return lesson().fire(situation);
    case Step::fire:
    case Step::watch: return {};  // it is being measured
    case Step::answer: return start_reset(situation);
    case Step::reset:
      if (!is_calm_) return {};
      current_ = (current_ + 1) % lessons_.size();
      open_ = false;
      return next(situation);
  }
  return {};
}

Actions Course::start_reset(const Situation& situation) {
  step_ = Step::reset;
  step_since_ns_ = situation.time_ns();
  is_calm_ = false;
  return put_back(situation);
}

Actions Course::put_back(const Situation& situation) {
  Actions actions = lesson().put_back(situation);
  actions.push_back({ActionKind::stop_load});
  return actions;
}

Actions Course::leave(const Situation& situation) {
  if (!open_) return {};
  open_ = false;
  const bool touched = step_ != Step::predict && step_ != Step::reset;
  return touched ? start_reset(situation) : Actions{};
}

Actions Course::update(const Situation& situation) {
  Actions actions;
  if (!open_) return actions;
  const std::uint64_t age_ns = situation.time_ns() - step_since_ns_;
  switch (step_) {
    case Step::predict:
      question_ = lesson().question(situation.now);
      choices_ = lesson().choices(situation.now);
      break;
    case Step::fire: step_ = Step::watch; break;
    case Step::watch:
      if (lesson().watch(situation, actions) || age_ns > kPatienceNs) {
        answer_ = lesson().answer(situation);
        step_ = Step::answer;
        for (Action& action : put_back(situation)) actions.push_back(std::move(action));
      }
      break;
    case Step::answer: break;
    case Step::reset:
      is_calm_ = is_calm(situation);
      if (!is_calm_ && age_ns > kResetPatienceNs) {  // what still hangs is taken away
        for (const auto& worker : situation.now.workers) {
          if (worker.state == telemetry::WorkerState::hung) {
            actions.push_back({.kind = ActionKind::kill, .worker = worker.number});
          }
        }
        step_since_ns_ = situation.time_ns();
      }
      break;
  }
  return actions;
}

void Course::choose(std::size_t choice) {
  if (open_ && step_ == Step::predict && choice < choices_.size()) chosen_ = choice;
}

void Course::choose_neighbour(int distance) {
  const std::size_t last = choices_.size() - 1;
  if (!chosen_) return choose(distance > 0 ? 0 : last);
  const int wanted = static_cast<int>(*chosen_) + distance;
  choose(static_cast<std::size_t>(std::clamp(wanted, 0, static_cast<int>(last))));
}

Page Course::page(const Situation& situation) const {
  Page page;
  page.number = current_ + 1;
  page.count = lessons_.size();
  page.title = lesson().title();
  page.step = step_;
  page.question = question_;
  page.choices = choices_;
  page.chosen = chosen_;
  switch (step_) {
    case Step::predict: page.next = chosen_ ? "fire" : "fire without a guess"; break;
    case Step::fire:
    case Step::watch:
      page.progress = lesson().progress(situation);
      page.next = "wait: it is being measured";
      page.can_go_on = false;
      break;
    case Step::answer:
      page.answer = answer_;
      page.next = "put everything back";
      break;
    case Step::reset:
      page.answer = answer_;
      page.can_go_on = is_calm_;
      page.progress =
          is_calm_ ? "All workers are up and serve." : "Waiting for all workers to serve.";
      page.next = current_ + 1 < lessons_.size() ? "next lesson" : "the first lesson again";
      break;
  }
  return page;
}

}  // namespace forkscope::lessons
