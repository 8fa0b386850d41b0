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

Look look(const telemetry::WorkerReport& worker) { return look_of(worker, 1, {}); }

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

TEST(Look, ARequestThatAProgramWaitsWithIsNotSlowWhileItsLoopGoesOn) {
  telemetry::WorkerReport worker;
  worker.state = WorkerState::idle;
  worker.in_flight = telemetry::InFlight{1, 1, 0, telemetry::Method::get, "/poll"};
  EXPECT_EQ(look_of(worker, 2 * picture::kSlowNs, {}), Look::slow);
  worker.program.emplace();
  EXPECT_EQ(look_of(worker, 2 * picture::kSlowNs, {}), Look::active);
  worker.state = WorkerState::busy;
  EXPECT_EQ(look_of(worker, 2 * picture::kSlowNs, {}), Look::slow) << "a beat is overdue";
}

constexpr std::uint64_t kTenthNs = 100'000'000;

/// A history of one worker: `looks`, ten in each second. Before each of them `work(worker, look)`
/// has it do something.
template <typename Work>
history::History history_of(std::size_t looks, const Work& work) {
  history::History history;
  picture::Snapshot picture;
  picture.attachment = picture::Attachment::live;
  picture.workers.resize(1);
  telemetry::WorkerReport& worker = picture.workers[0];
  worker.number = worker.generation = 1;
  worker.state = WorkerState::idle;
  for (std::size_t look = 0; look < looks; ++look) {
    picture.time_ns = (100 + look) * kTenthNs;
    work(worker, look);
    history.add(picture, {}, {});
  }
  return history;
}

/// Of `looks`, `busy` of every ten find it at work; it ends a request between each two of them, but
/// for the last `silent`.
history::History watched(std::size_t looks, std::size_t busy, std::size_t silent) {
  return history_of(looks, [&](telemetry::WorkerReport& worker, std::size_t look) {
    worker.state = look % 10 < busy ? WorkerState::busy : WorkerState::idle;
    if (look > 0 && look + silent < looks) ++worker.requests;
  });
}

Look look(const history::History& history) {
  const picture::Snapshot& now = history.latest();
  return look_at(history, now.workers[0], now.time_ns, now.time_ns);
}

TEST(Look, IsOfWhatWasDoneLately) {
  EXPECT_EQ(look(watched(31, 0, 31)), Look::idle);
  EXPECT_EQ(look(watched(31, 0, 5)), Look::active) << "no look has found it at work";
  EXPECT_EQ(look(watched(31, 2, 0)), Look::active);
  EXPECT_EQ(look(watched(31, 3, 0)), Look::busy);
  EXPECT_EQ(look(watched(31, 10, 0)), Look::busy);
  EXPECT_EQ(look(watched(31, 10, 12)), Look::idle) << "its rate is 0/s";
}

TEST(Look, WhoAnswersHundredsInASecondIsBusyWhateverLooksHaveFound) {
  telemetry::WorkerReport worker;
  worker.state = WorkerState::idle;
  EXPECT_EQ(look_of(worker, 1, {.served = kBusyRequests - 1}), Look::active);
  EXPECT_EQ(look_of(worker, 1, {.served = kBusyRequests}), Look::busy);
}

TEST(Look, WhoWasBusyRemainsItWhereALittleLessIsAnswered) {
  telemetry::WorkerReport worker;
  worker.state = WorkerState::idle;
  const double less = kStillBusyRequests;
  EXPECT_EQ(look_of(worker, 1, {.served = less, .before = kBusyRequests}), Look::busy);
  EXPECT_EQ(look_of(worker, 1, {.served = less - 1, .before = kBusyRequests}), Look::active);
  EXPECT_EQ(look_of(worker, 1, {.served = less, .before = kBusyRequests - 1}), Look::active);
}

TEST(Look, RemembersOfFourSecondsWhoWasBusy) {
  const auto looks_after = [](std::size_t seconds) {
    return look(history_of(10 * (1 + seconds) + 1, [](auto& worker, std::size_t look) {
      if (look > 0) worker.requests += look <= 10 ? 52 : 48;  // 520 in the first second, 480 later
    }));
  };
  EXPECT_EQ(looks_after(0), Look::busy);
  EXPECT_EQ(looks_after(1), Look::busy);
  EXPECT_EQ(looks_after(4), Look::busy);
  EXPECT_EQ(looks_after(6), Look::active);
}

TEST(Look, WhoComesToOthersIsNew) {
  picture::Snapshot picture;
  picture.attachment = picture::Attachment::live;
  picture.time_ns = 100 * kTenthNs;
  picture.workers.resize(2);
  for (telemetry::WorkerReport& worker : picture.workers) {
    worker.pid = 4711;
    worker.generation = 1;
    worker.state = WorkerState::idle;
    worker.uptime_ns = kTenthNs;
  }
  picture.workers[0].number = 1;
  picture.workers[1].number = 2;
  const auto look_of_second = [&picture] {
    history::History history;
    history.add(picture, {}, {});
    return look_at(history, history.latest().workers[1], picture.time_ns, picture.time_ns);
  };
  EXPECT_EQ(look_of_second(), Look::idle) << "all are new";
  picture.workers[0].uptime_ns = 50 * kTenthNs;
  EXPECT_EQ(look_of_second(), Look::fresh);
  picture.workers[1].uptime_ns = 25 * kTenthNs;
  EXPECT_EQ(look_of_second(), Look::idle);
}

TEST(Look, AtTheFirstLookThereIsNothingBehindIt) {
  telemetry::WorkerReport worker;
  worker.number = worker.generation = 1;
  worker.state = WorkerState::busy;
  const history::History nothing;
  EXPECT_EQ(look_at(nothing, worker, kTenthNs, kTenthNs), Look::idle);
  worker.in_flight = telemetry::InFlight{1, 1, 1, telemetry::Method::get, "/"};
  EXPECT_EQ(look_at(nothing, worker, kTenthNs, kTenthNs), Look::busy);
}

}  // namespace
}  // namespace forkscope::words
