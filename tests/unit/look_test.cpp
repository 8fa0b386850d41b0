#include "words/look.h"

#include <gtest/gtest.h>

namespace forkscope::words {
namespace {

using telemetry::ExitCause;
using telemetry::WorkerState;

telemetry::WorkerReport ended(ExitCause cause, std::uint32_t code, bool was_hung) {
  telemetry::WorkerReport worker;
  worker.state = WorkerState::dead;
  worker.last_exit = telemetry::ExitReport{.cause = cause, .code = code, .was_hung = was_hung};
  return worker;
}

Look look(const telemetry::WorkerReport& worker) { return look_of(worker, 1, false); }

TEST(Look, WhoWasAskedToGoAndWentIsNotDead) {
  EXPECT_EQ(look(ended(ExitCause::exited, 0, false)), Look::draining);
  EXPECT_EQ(look(ended(ExitCause::exited, 70, false)), Look::dead);
  EXPECT_EQ(look(ended(ExitCause::exited, 0, true)), Look::dead);
  EXPECT_EQ(look(ended(ExitCause::signaled, 11, false)), Look::dead);
}

TEST(Look, AWorkerWithAProcessIsJudgedByWhatItDoesNotByItsPredecessor) {
  telemetry::WorkerReport worker = ended(ExitCause::exited, 0, false);
  worker.state = WorkerState::idle;
  EXPECT_EQ(look(worker), Look::idle);
  worker.state = WorkerState::backoff;
  EXPECT_EQ(look(worker), Look::backoff);
}

}  // namespace
}  // namespace forkscope::words
