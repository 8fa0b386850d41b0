#include "app/teacher.h"

namespace forkscope::app {

namespace {

operation::Wish wish_of(const lessons::Action& action) {
  switch (action.kind) {
    case lessons::ActionKind::start_load:
      return operation::StartLoad{action.requests_per_second, action.connections};
    case lessons::ActionKind::stop_load: return operation::StopLoad{};
    case lessons::ActionKind::request: return operation::Fire{action.target};
    case lessons::ActionKind::kill: return operation::SendSignal{action.worker, "KILL"};
    case lessons::ActionKind::protect: return operation::Protect{action.on};
  }
  return operation::StopLoad{};
}

}  // namespace

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
  return {session_.history().latest(), session_.history().incidents(),
          operator_.load_status(),     {fired.answered, fired.refused, fired.latest_refusal},
          operator_.offer(),           operator_.why_no_load()};
}

void Teacher::have_done(const lessons::Actions& actions) {
  for (const lessons::Action& action : actions) operator_.carry_out(wish_of(action));
}

}  // namespace forkscope::app
