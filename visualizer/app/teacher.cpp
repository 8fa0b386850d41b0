#include "app/teacher.h"

#include <utility>

#include "comparison/six_ways.h"
#include "lessons/all_lessons.h"
#include "live/server_cpu.h"

namespace forkscope::app {

namespace {

operation::Wish wish_of(const lessons::Action& action) {
  switch (action.kind) {
    case lessons::ActionKind::start_load:
      return operation::StartLoad{action.requests_per_second, action.connections, action.long_share,
                                  action.fresh};
    case lessons::ActionKind::stop_load: return operation::StopLoad{};
    case lessons::ActionKind::request: return operation::Fire{action.target};
    case lessons::ActionKind::kill: return operation::SendSignal{action.worker, "KILL"};
    case lessons::ActionKind::protect: return operation::Protect{action.on};
    case lessons::ActionKind::balance: return operation::Balance{action.balance};
  }
  return operation::StopLoad{};
}

std::vector<std::unique_ptr<lessons::Lesson>> lessons_with(comparison::Comparison& comparison) {
  auto all = lessons::all_lessons();
  all.push_back(comparison::six_ways(comparison));
  return all;
}

}  // namespace

Teacher::Teacher(const session::Session& session, operation::Operator& the_operator)
    : session_(session), operator_(the_operator), course_(lessons_with(comparison_)) {}

void Teacher::update() {
  have_done(course_.update(situation()));
  if (!course_.open()) have_done(comparison_.watch(situation()));
}

void Teacher::leave() {
  have_done(course_.leave(situation()));
  have_done(comparison_.stop(situation()));
}

std::string Teacher::toggle_comparison() {
  if (course_.open()) return "A lesson is open: Esc closes it.";
  if (comparison_.is_running()) {
    have_done(comparison_.stop(situation()));
    return {};
  }
  std::string why_not = comparison::Comparison::obstacle(situation());
  if (why_not.empty()) have_done(comparison_.begin(situation()));
  return why_not;
}

bool Teacher::dismiss_comparison() {
  if (comparison_.is_running()) {
    have_done(comparison_.stop(situation()));
    return true;
  }
  const bool any = !comparison_.rows().empty();
  comparison_.forget();
  return any;
}

bool Teacher::next() {
  const bool was_open = course_.open();
  have_done(course_.next(situation()));
  return was_open || course_.open();
}

std::optional<lessons::Page> Teacher::page() const {
  if (!course_.open()) return std::nullopt;
  return course_.page(situation());
}

lessons::Situation Teacher::situation() const {
  const live::Fired fired = operator_.fired();
  const picture::Snapshot& now = session_.history().latest();
  return {now,
          session_.history().incidents(),
          operator_.load_status(),
          {fired.answered, fired.refused, fired.latest_refusal},
          operator_.offer(),
          operator_.why_no_load(),
          [&now] { return live::server_cpu_ns(now); }};
}

void Teacher::have_done(const lessons::Actions& actions) {
  for (const lessons::Action& action : actions) operator_.carry_out(wish_of(action));
}

}  // namespace forkscope::app
