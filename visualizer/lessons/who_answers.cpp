#include <algorithm>
#include <map>
#include <vector>

#include "history/fairness.h"
#include "lessons/all_lessons.h"
#include "words/format.h"

namespace forkscope::lessons {

namespace {

constexpr std::uint64_t kMeasuredNs = 5'000'000'000;
constexpr double kRate = 2'000;
constexpr std::uint32_t kLeastConnections = 64;
constexpr std::uint32_t kConnectionsPerWorker = 4;
constexpr double kOneSided = 0.6;

std::uint32_t connections_for(const picture::Snapshot& now) {
  return std::max(kLeastConnections, kConnectionsPerWorker * count_workers(now));
}

/// Many connections at once, and who answered how many of their requests.
class WhoAnswers final : public Lesson {
 public:
  std::string title() const override { return "Who answers, and is it fair?"; }

  std::string question(const picture::Snapshot& now) const override {
    return std::to_string(connections_for(now)) + " connections are opened at once and send " +
           words::grouped(static_cast<std::uint64_t>(kRate)) +
           " requests per second. How does the work spread over " +
           words::counted(count_workers(now), "worker") + "?";
  }

  Choices choices(const picture::Snapshot&) const override {
    return {"One worker does nearly all of it", "About evenly",
            "Strictly in turns: each exactly as many"};
  }

  bool needs_faults() const override { return false; }

  Actions fire(const Situation& situation) override {
    began_ns_ = situation.time_ns();
    connections_.clear();
    before_.clear();
    for (const auto& worker : situation.now.workers) before_[worker.number] = worker.requests;
    return {{.kind = ActionKind::start_load,
             .requests_per_second = kRate,
             .connections = connections_for(situation.now)}};
  }

  bool watch(const Situation& situation, Actions&) override {
    // A worker that comes meanwhile may have a number that has answered long before the lesson.
    for (const auto& worker : situation.now.workers) {
      before_.try_emplace(worker.number, worker.requests);
    }
    connections_ = connections_of(situation.now);
    return situation.time_ns() - began_ns_ >= kMeasuredNs;
  }

  std::string progress(const Situation& situation) const override {
    return connections_ + sentence(shares(situation));
  }

  Answer answer(const Situation& situation) const override {
    const std::vector<double> answered = shares(situation);
    if (std::all_of(answered.begin(), answered.end(), [](double count) { return count == 0; })) {
      return {"Nobody has answered anything.", ""};
    }
    const double index = history::fairness(answered);
    const auto [least, most] = std::minmax_element(answered.begin(), answered.end());
    const bool even = !answered.empty() && *most - *least < 1;
    return {connections_ + sentence(answered),
            "There is no dispatcher. The kernel wakes a worker that waits, and that one gives way "
            "to whoever has fewer connections.",
            index < kOneSided ? 0U
            : even            ? 2U
                              : 1U};
  }

 private:
  std::vector<double> shares(const Situation& situation) const {
    std::vector<double> answered;
    for (const auto& worker : situation.now.workers) {
      const auto before = before_.find(worker.number);
      const std::uint64_t then = before == before_.end() ? 0 : before->second;
      answered.push_back(static_cast<double>(worker.requests - std::min(then, worker.requests)));
    }
    return answered;
  }

  static std::string connections_of(const picture::Snapshot& now) {
    if (now.workers.empty()) return {};
    const auto fewer = [](const auto& one, const auto& other) {
      return one.connections < other.connections;
    };
    const auto [least, most] = std::minmax_element(now.workers.begin(), now.workers.end(), fewer);
    if (least->connections == most->connections) {
      return "Each worker has " + words::counted(least->connections, "connection") + ". ";
    }
    return "The workers have " + words::grouped(least->connections) + " to " +
           words::counted(most->connections, "connection") + " each. ";
  }

  static std::string sentence(const std::vector<double>& answered) {
    if (answered.empty()) return {};
    const auto [least, most] = std::minmax_element(answered.begin(), answered.end());
    return "The busiest worker answered " + words::grouped(static_cast<std::uint64_t>(*most)) +
           ", the least busy one " + words::grouped(static_cast<std::uint64_t>(*least)) +
           ": fairness " + words::hundredths(history::fairness(answered)) + " (1 = even).";
  }

  std::uint64_t began_ns_ = 0;
  std::string connections_;                        // a sentence, of when they were open
  std::map<std::uint32_t, std::uint64_t> before_;  // requests by worker number
};

}  // namespace

std::unique_ptr<Lesson> who_answers() { return std::make_unique<WhoAnswers>(); }

}  // namespace forkscope::lessons
