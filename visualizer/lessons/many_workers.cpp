#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "lessons/all_lessons.h"
#include "words/faults.h"
#include "words/format.h"

namespace forkscope::lessons {

namespace {

constexpr std::uint32_t kMostRequests = 16;
constexpr std::size_t kExpected = 3;  // choices, with a time each
constexpr std::uint64_t kQuietNs = 500'000'000;
constexpr std::uint64_t kMostPauseNs = 100'000'000;

std::uint32_t requests_for(const picture::Snapshot& now) {
  return std::clamp(count_workers(now), 2U, kMostRequests);
}

std::string after_seconds(std::uint32_t seconds) {
  return "After " + words::counted(seconds, "second");
}

/// As many requests at once as there are workers, each of which keeps its worker for a second.
class ManyWorkers final : public Lesson {
 public:
  std::string title() const override { return "Why several workers?"; }

  std::string question(const picture::Snapshot& now) const override {
    return std::to_string(requests_for(now)) +
           " requests arrive, one right behind the other. Each keeps its worker for one second. "
           "When will the last one be answered?";
  }

  Choices choices(const picture::Snapshot& now) const override {
    const std::uint32_t count = requests_for(now);
    return {after_seconds(1), after_seconds(count), after_seconds(2 * count)};
  }

  bool needs_load() const override { return false; }

  Actions fire(const Situation& situation) override {
    count_ = requests_for(situation.now);
    workers_ = count_workers(situation.now);
    began_ns_ = situation.time_ns();
    sent_ = 0;
    sent_ns_.reset();
    took_ns_.reset();
    return {{ActionKind::stop_load}};  // it would keep the workers, too
  }

  bool watch(const Situation& situation, Actions& actions) override {
    const std::uint64_t now_ns = situation.time_ns();
    if (sent_ == 0) {
      if (now_ns - began_ns_ < kQuietNs) return false;
      began_ns_ = now_ns;
      answered_before_ = situation.requests.answered;
    }
    // The next one leaves when the one before is in somebody's hands.
    const bool taken = count_in(situation.now, words::kSlowPath) + answered(situation) >= sent_;
    if (sent_ < count_ && (taken || !sent_ns_ || now_ns - *sent_ns_ >= kMostPauseNs)) {
      ++sent_;
      sent_ns_ = now_ns;
      actions.push_back({ActionKind::request, words::slow_target(1'000)});
    }
    if (answered(situation) >= count_) took_ns_ = now_ns - began_ns_;
    return took_ns_.has_value();
  }

  std::string progress(const Situation& situation) const override {
    if (sent_ == 0) return "Waiting for quiet.";
    return std::to_string(std::min<std::uint64_t>(answered(situation), count_)) + " of " +
           std::to_string(count_) + " answered, " +
           words::counting_seconds(situation.time_ns() - began_ns_);
  }

  Answer answer(const Situation&) const override {
    if (!took_ns_) return {"Not all of them were answered within a minute.", ""};
    const double seconds = static_cast<double>(*took_ns_) / 1e9;
    std::size_t right = 0;
    for (std::size_t i = 1; i < kExpected; ++i) {
      if (std::abs(seconds - expected(i)) < std::abs(seconds - expected(right))) right = i;
    }
    return {"The last of " + std::to_string(count_) + " was answered after " +
                words::counting_seconds(*took_ns_) + ".",
            workers_ == 1 ? "There is one worker, and it takes one request after the other."
            : right == 0  ? "Each worker took one, and they waited side by side. One worker alone "
                            "would have needed " +
                               std::to_string(count_) + " seconds."
                         : "Some worker had two of them, one behind the other.",
            right};
  }

 private:
  /// Those that were sent for it: others may ask for something meanwhile. A server that was started
  /// anew has answered none.
  std::uint64_t answered(const Situation& situation) const {
    const std::uint64_t answered = situation.requests.answered;
    return answered - std::min(answered, answered_before_);
  }
  double expected(std::size_t choice) const {
    return choice == 0 ? 1 : choice == 1 ? count_ : 2 * count_;
  }

  std::uint32_t count_ = 0;
  std::uint32_t workers_ = 0;
  std::uint64_t began_ns_ = 0;
  std::uint64_t answered_before_ = 0;
  std::uint32_t sent_ = 0;
  std::optional<std::uint64_t> sent_ns_;
  std::optional<std::uint64_t> took_ns_;
};

}  // namespace

std::unique_ptr<Lesson> many_workers() { return std::make_unique<ManyWorkers>(); }

}  // namespace forkscope::lessons
