// Leads through the lessons and the comparison of the ways to share the port: shows them what
// happens, and has the operator do what they ask for.
//
// Owns both; borrows the session and the operator. Main thread only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "comparison/comparison.h"
#include "lessons/course.h"
#include "operation/operator.h"
#include "session/session.h"

namespace forkscope::app {

class Teacher {
 public:
  Teacher(const session::Session& session, operation::Operator& the_operator);

  /// Once per picture of a server.
  void update();

  /// The next step. False: it would open the course, which needs a running server.
  bool next();
  void leave();
  /// The guess; see Course.
  void choose(std::size_t choice) { course_.choose(choice); }
  void choose_neighbour(int distance) { course_.choose_neighbour(distance); }

  /// Begins the comparison, or ends the one that runs. Returns why there can be none: one line; or
  /// nothing.
  std::string toggle_comparison();
  /// Ends it, or forgets what was measured. False: there is neither.
  bool dismiss_comparison();
  const comparison::Comparison& comparison() const { return comparison_; }

  bool is_open() const { return course_.open(); }
  /// What the panel shows; nothing while no lesson is open.
  std::optional<lessons::Page> page() const;

 private:
  lessons::Situation situation() const;
  void have_done(const lessons::Actions& actions);

  const session::Session& session_;
  operation::Operator& operator_;
  comparison::Comparison comparison_;
  lessons::Course course_;  // its last lesson borrows the comparison
};

}  // namespace forkscope::app
