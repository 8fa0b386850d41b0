#include "lessons/course.h"

#include <algorithm>
#include <utility>

#include "lessons/all_lessons.h"
#include "words/format.h"
#include "words/lacks.h"

namespace forkscope::lessons {

namespace {

/// A fault that is over by itself soon need not be cut short.
constexpr std::uint64_t kResetPatienceNs = 1'000'000'000;
/// Of the load, with no answer but such: then it is no accident.
constexpr std::uint64_t kFailures = 20;

bool is_calm(const Situation& situation) {
  return !situation.load.running && count_serving(situation.now) == count_workers(situation.now);
}

}  // namespace

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

Course::Course() : Course(all_lessons()) {}

Course::Course(std::vector<std::unique_ptr<Lesson>> lessons) : lessons_(std::move(lessons)) {}

Course::~Course() = default;

Actions Course::next(const Situation& situation) {
  if (situation.now.attachment != picture::Attachment::live) return {};
  if (!open_) {
    open_ = true;
    if (step_ == Step::reset && answer_) return {};  // it was left behind its answer
    step_ = Step::predict;
    chosen_.reset();
    ask(situation);
    return {};
  }
  switch (step_) {
    case Step::predict:
      if (!is_possible_) return go_to_next_lesson(situation);
      step_ = Step::fire;
      step_since_ns_ = situation.time_ns();
      answer_.reset();
      refused_before_ = situation.requests.refused;
      return lesson().fire(situation);
    case Step::fire:
    case Step::watch: return {};  // it is being measured
    case Step::answer: return start_reset(situation);
    case Step::reset:
      if (!is_calm_) return {};
      return go_to_next_lesson(situation);
  }
  return {};
}

Actions Course::go_to_next_lesson(const Situation& situation) {
  current_ = (current_ + 1) % lessons_.size();
  open_ = false;
  step_ = Step::predict;
  return next(situation);
}

void Course::ask(const Situation& situation) {
  const std::string why_not = obstacle(situation);
  is_possible_ = why_not.empty();
  question_ = is_possible_ ? lesson().question(situation.now) : why_not;
  choices_ = is_possible_ ? lesson().choices(situation.now) : Choices{};
}

/// Why the server cannot be asked what the lesson asks for. Empty: it can.
std::string Course::obstacle(const Situation& situation) const {
  if (lesson().needs_faults()) {
    if (!situation.now.server.faults_enabled) return words::kFaultsAreOff;
    if (situation.offer.faults == picture::Has::no) return words::kLessonNeedsFaults;
  }
  if (lesson().needs_load() && !situation.why_no_load.empty()) return situation.why_no_load;
  return lesson().obstacle(situation);
}

/// What is told in place of an answer, where the lesson's own requests were refused.
std::optional<Answer> Course::refusal(const Situation& situation) const {
  if (situation.requests.refused > refused_before_) {
    return Answer{.measured = situation.requests.latest_refusal,
                  .because = "So nothing was done to a worker, and nothing was measured.",
                  .is_measured = false};
  }
  const load::LoadStatus& load = situation.load;
  if (!lesson().needs_load() || load.failed < kFailures || load.failed < load.answered) {
    return std::nullopt;
  }
  return Answer{
      .measured =
          "Of " + words::counted(load.answered, "answer") + " to the load none was a success" +
          (load.failed_status > 0 ? ": status " + std::to_string(load.failed_status) + '.' : "."),
      .because = "So the workers did not do what the lesson is about, and nothing was measured.",
      .is_measured = false};
}

Actions Course::start_reset(const Situation& situation) {
  step_ = Step::reset;
  step_since_ns_ = reset_began_ns_ = situation.time_ns();
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
    case Step::predict: ask(situation); break;
    case Step::fire: step_ = Step::watch; break;
    case Step::watch:
      if (const auto refused = refusal(situation);
          refused || lesson().watch(situation, actions) || age_ns > lesson().patience_ns()) {
        answer_ = refused ? *refused : lesson().answer(situation);
        step_ = Step::answer;
        for (Action& action : put_back(situation)) actions.push_back(std::move(action));
      }
      break;
    case Step::answer: break;
    case Step::reset:
      is_calm_ = is_calm(situation);
      if (!is_calm_ && age_ns > kResetPatienceNs) {  // what still hangs is taken away
        for (const auto& worker : situation.now.workers) {
          // But not what somebody does while the answer is talked about.
          if (worker.state == telemetry::WorkerState::hung &&
              worker.stuck_since_ns < reset_began_ns_) {
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
  if (choices_.empty()) return;
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
  const std::string onwards =
      current_ + 1 < lessons_.size() ? "next lesson" : "the first lesson again";
  switch (step_) {
    case Step::predict:
      page.next = !is_possible_ ? onwards : chosen_ ? "fire" : "fire without a guess";
      break;
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
      page.next = onwards;
      break;
  }
  return page;
}

}  // namespace forkscope::lessons
