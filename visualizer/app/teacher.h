// Leads through the lessons: shows them what happens, and has the operator do what they ask for.
//
// Owns the course; borrows the session and the operator. Main thread only.
#pragma once

#include <cstddef>
#include <optional>

#include "lessons/course.h"
#include "operation/operator.h"
#include "session/session.h"

namespace forkscope::app {

class Teacher {
 public:
  Teacher(const session::Session& session, operation::Operator& the_operator)
      : session_(session), operator_(the_operator) {}

  /// Once per picture of a server.
  void update() { have_done(course_.update(situation())); }

  /// The next step. False: it would open the course, which needs a running server.
  bool next();
  void leave() { have_done(course_.leave(situation())); }
  /// The guess; see Course.
  void choose(std::size_t choice) { course_.choose(choice); }
  void choose_neighbour(int distance) { course_.choose_neighbour(distance); }

  bool is_open() const { return course_.open(); }
  /// What the panel shows; nothing while no lesson is open.
  std::optional<lessons::Page> page() const;

 private:
  lessons::Situation situation() const;
  void have_done(const lessons::Actions& actions);

  const session::Session& session_;
  operation::Operator& operator_;
  lessons::Course course_;
};

}  // namespace forkscope::app
