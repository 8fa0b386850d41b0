#include <algorithm>
#include <optional>

#include "lessons/all_lessons.h"
#include "words/faults.h"
#include "words/format.h"

namespace forkscope::lessons {

namespace {

constexpr double kRate = 200;
constexpr std::uint64_t kWarmUpNs = 1'000'000'000;
constexpr std::uint64_t kAfterwardsNs = 1'500'000'000;
/// A request that is not in anybody's hand after this was lost on the way.
constexpr std::uint64_t kResendNs = 2'000'000'000;

/// As many requests that never return as there are workers.
class AllHang final : public Lesson {
 public:
  std::string title() const override { return "All hang: what is an outage?"; }

  std::string question(const picture::Snapshot& now) const override {
    const std::uint32_t workers = count_workers(now);
    return "One hung worker costs little. Now " + words::counted(workers, "request") +
           " will hang " +
           (workers == 1 ? "the only worker" : "all " + words::counted(workers, "worker")) +
           ". How long until somebody is answered again?";
  }

  Choices choices(const picture::Snapshot& now) const override {
    const std::string limit =
        now.server.kill_after_ns == 0
            ? "Until somebody kills them by hand"
            : "Until the limit is over: " + words::counting_seconds(now.server.kill_after_ns);
    return {"No time at all: new workers are forked at once", limit, "For ever: it stays down"};
  }

  Actions fire(const Situation& situation) override {
    began_ns_ = situation.time_ns();
    sent_ns_ = 0;
    sent_ = 0;
    all_hung_ns_.reset();
    back_ns_.reset();
    moved_ns_.reset();
    longest_ns_ = 0;
    most_waiting_ = 0;
    requests_ = situation.now.totals.requests;
    return {start_load(kRate)};
  }

  bool watch(const Situation& situation, Actions& actions) override {
    const std::uint64_t now_ns = situation.time_ns();
    if (now_ns - began_ns_ < kWarmUpNs) return false;
    hang_the_next(situation, actions);
    measure_silence(situation);
    if (!back_ns_ && all_hung_ns_ && count_in(situation.now, words::kHangPath) == 0 &&
        count_serving(situation.now) == count_workers(situation.now)) {
      back_ns_ = now_ns;
    }
    return back_ns_ && now_ns - *back_ns_ >= kAfterwardsNs;
  }

  std::string progress(const Situation& situation) const override {
    const std::uint32_t hanging = count_in(situation.now, words::kHangPath);
    return std::to_string(hanging) + " of " +
           words::counted(count_workers(situation.now), "worker") +
           (hanging == 1 ? " hangs; " : " hang; ") + "clients wait for " +
           words::counted(situation.load.waiting, "answer") + '.';
  }

  Answer answer(const Situation&) const override {
    if (!all_hung_ns_) return {"Not all workers hung within a minute.", ""};
    if (!back_ns_) {
      return {"Nobody came back within a minute.", "This server may never kill.", 2};
    }
    return {"For " + words::counting_seconds(longest_ns_) +
                " nobody was answered; clients waited for up to " +
                words::counted(most_waiting_, "answer") + '.',
            "What is sent waits in the kernel, where no worker counts it. The limit after which a "
            "worker is killed is the longest outage that a bug in a handler can make.",
            longest_ns_ < 500'000'000 ? 0U : 1U};
  }

 private:
  /// One at a time: two in the queue of one worker would leave another one free, or wait for its
  /// successor.
  void hang_the_next(const Situation& situation, Actions& actions) {
    const std::uint64_t now_ns = situation.time_ns();
    const std::uint32_t hanging = count_in(situation.now, words::kHangPath);
    if (all_hung_ns_) return;
    if (hanging == count_workers(situation.now)) {
      all_hung_ns_ = now_ns;
      return;
    }
    if (hanging < sent_ && now_ns - sent_ns_ < kResendNs) return;
    sent_ = hanging + 1;
    sent_ns_ = now_ns;
    actions.push_back({ActionKind::request, words::kHangPath});
  }

  void measure_silence(const Situation& situation) {
    const std::uint64_t now_ns = situation.time_ns();
    if (situation.now.totals.requests != requests_ || !moved_ns_) {
      if (moved_ns_) longest_ns_ = std::max(longest_ns_, now_ns - *moved_ns_);
      requests_ = situation.now.totals.requests;
      moved_ns_ = now_ns;
    }
    most_waiting_ = std::max(most_waiting_, situation.load.waiting);
  }

  std::uint64_t began_ns_ = 0;
  std::uint64_t sent_ns_ = 0;
  std::uint32_t sent_ = 0;
  std::optional<std::uint64_t> all_hung_ns_;
  std::optional<std::uint64_t> back_ns_;
  std::uint64_t requests_ = 0;             // answered so far
  std::optional<std::uint64_t> moved_ns_;  // when that last grew
  std::uint64_t longest_ns_ = 0;
  std::uint64_t most_waiting_ = 0;
};

}  // namespace

std::unique_ptr<Lesson> all_hang() { return std::make_unique<AllHang>(); }

}  // namespace forkscope::lessons
