#include "picture/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forkscope::picture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Two cores that are used so much, and one worker that answers and has noted core 0.
Snapshot one_worker(double core_0, double core_1) {
  Snapshot snapshot;
  snapshot.cores = {{0, core_0, {}}, {1, core_1, {}}};
  telemetry::WorkerReport worker;
  worker.number = 3;
  worker.pid = 4711;
  worker.core = 0;
  worker.requests_per_second = 20;
  snapshot.workers.push_back(worker);
  return snapshot;
}

Snapshot one_hung_worker(double core_0, double core_1, telemetry::HangKind kind) {
  Snapshot snapshot = one_worker(core_0, core_1);
  snapshot.workers[0].stuck_since_ns = 1;
  snapshot.workers[0].hang_kind = kind;
  return snapshot;
}

TEST(CoresOfWorkers, AreThoseThatTheyHaveNoted) {
  Snapshot snapshot = one_worker(0.1, 0.9);
  assign_workers_to_cores(snapshot);
  EXPECT_THAT(snapshot.cores[0].workers, ElementsAre(3));
  EXPECT_THAT(snapshot.cores[1].workers, IsEmpty());
  EXPECT_THAT(snapshot.cores[1].suspects, IsEmpty());
}

TEST(CoresOfWorkers, ASpinningWorkerIsSuspectedWhereACoreBurns) {
  Snapshot snapshot = one_hung_worker(0.1, 0.9, telemetry::HangKind::spin);
  assign_workers_to_cores(snapshot);
  EXPECT_THAT(snapshot.cores[0].workers, IsEmpty());
  EXPECT_THAT(snapshot.cores[0].suspects, IsEmpty());
  EXPECT_THAT(snapshot.cores[1].workers, IsEmpty());
  EXPECT_THAT(snapshot.cores[1].suspects, ElementsAre(3));
}

TEST(CoresOfWorkers, ASpinningWorkerIsBelievedWhereItsCoreBurns) {
  Snapshot snapshot = one_hung_worker(0.9, 0.1, telemetry::HangKind::spin);
  assign_workers_to_cores(snapshot);
  EXPECT_THAT(snapshot.cores[0].workers, ElementsAre(3));
  EXPECT_THAT(snapshot.cores[0].suspects, IsEmpty());
  EXPECT_THAT(snapshot.cores[1].suspects, IsEmpty());
}

TEST(CoresOfWorkers, OneThatHangsWithoutSpinningUsesNone) {
  for (const auto kind : {telemetry::HangKind::blocked, telemetry::HangKind::stopped}) {
    Snapshot snapshot = one_hung_worker(0.9, 0.9, kind);
    assign_workers_to_cores(snapshot);
    EXPECT_THAT(snapshot.cores[0].workers, IsEmpty());
    EXPECT_THAT(snapshot.cores[0].suspects, IsEmpty());
    EXPECT_THAT(snapshot.cores[1].suspects, IsEmpty());
  }
}

TEST(CoresOfWorkers, OneThatAnswersNothingUsesNone) {
  Snapshot snapshot = one_worker(0.1, 0.9);
  snapshot.workers[0].requests_per_second = 0;
  assign_workers_to_cores(snapshot);
  EXPECT_THAT(snapshot.cores[0].workers, IsEmpty());
}

TEST(CoresOfWorkers, OneWhoseRequestTakesLongMayWaitForSomething) {
  Snapshot snapshot = one_worker(0.1, 0.9);
  snapshot.time_ns = 2 * kSlowNs;
  snapshot.workers[0].in_flight.emplace().start_ns = kSlowNs + 1;
  assign_workers_to_cores(snapshot);
  EXPECT_THAT(snapshot.cores[0].workers, ElementsAre(3));
  snapshot.workers[0].in_flight->start_ns = kSlowNs - 1;
  assign_workers_to_cores(snapshot);
  EXPECT_THAT(snapshot.cores[0].workers, IsEmpty());
  EXPECT_THAT(snapshot.cores[0].suspects, ElementsAre(3));
}

TEST(CoresOfWorkers, ADeadWorkerIsOnNone) {
  Snapshot snapshot = one_worker(0.1, 0.9);
  snapshot.workers[0].pid = 0;
  assign_workers_to_cores(snapshot);
  EXPECT_THAT(snapshot.cores[0].workers, IsEmpty());
}

}  // namespace
}  // namespace forkscope::picture
