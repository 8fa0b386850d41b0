#include "comparison/six_ways.h"

#include <algorithm>
#include <utility>

#include "comparison/table.h"
#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/names.h"

namespace forkscope::comparison {

using lessons::Actions;
using lessons::Answer;
using lessons::Choices;
using lessons::Lesson;
using lessons::Situation;
using telemetry::BalancePolicy;

namespace {

constexpr std::size_t kNone = 0;
constexpr std::size_t kOwnQueues = 2;

bool has_own_queues(const Row& row) {
  return row.balance == BalancePolicy::hash || row.balance == BalancePolicy::random;
}

std::string name(const Row& row) { return std::string(telemetry::to_string(row.balance)); }

/// "least 812 µs": who has the smallest, of those of whom it was measured.
std::string best(const std::vector<Row>& rows, std::uint64_t Row::*figure) {
  const auto found = std::min_element(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    return a.*figure != 0 && (b.*figure == 0 || a.*figure < b.*figure);
  });
  if ((*found).*figure == 0) return "not measured";
  return name(*found) + ", " + telemetry::duration_text((*found).*figure);
}

class SixWays final : public Lesson {
 public:
  explicit SixWays(Comparison& comparison) : comparison_(comparison) {}

  std::string title() const override { return "Six ways to share a port"; }

  std::string question(const picture::Snapshot&) const override {
    return "Six ways to choose who takes a new connection, the same load for each: first all "
           "requests alike, then one in ten long, then one worker hangs. Under which does somebody "
           "wait until the hung worker is replaced, although others have nothing to do?";
  }

  Choices choices(const picture::Snapshot&) const override {
    return {"Under none: others take over", "Where all share one queue",
            "Where each has a queue of its own: hash, random", "Under all six"};
  }

  std::uint64_t patience_ns() const override { return 240'000'000'000; }

  std::string obstacle(const Situation& situation) const override {
    return Comparison::obstacle(situation);
  }

  Actions fire(const Situation& situation) override {
    Actions actions = comparison_.stop(situation);
    for (auto& action : comparison_.begin(situation)) actions.push_back(std::move(action));
    return actions;
  }

  bool watch(const Situation& situation, Actions& actions) override {
    for (auto& action : comparison_.watch(situation)) actions.push_back(std::move(action));
    return !comparison_.is_running();
  }

  std::string progress(const Situation&) const override { return comparison_.progress() + '.'; }

  Answer answer(const Situation&) const override {
    const std::vector<Row>& rows = comparison_.rows();
    if (rows.empty()) return {"Nothing was measured.", ""};
    std::string waits;
    for (const Row& row : rows) {
      waits += (waits.empty() ? "" : ", ") + name(row) + ' ' +
               telemetry::duration_text(row.longest_wait_ns);
    }
    return {"Smallest p99 with requests alike: " + best(rows, &Row::even_p99_ns) +
                "; with long ones: " + best(rows, &Row::uneven_p99_ns) +
                ". Longest wait while one hung: " + waits + '.',
            explanation(rows), right(rows)};
  }

  Actions put_back(const Situation& situation) override { return comparison_.stop(situation); }

 private:
  static bool starve(const std::vector<Row>& rows, bool own_queues) {
    return std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
      return has_own_queues(row) == own_queues && starves(row);
    });
  }

  static std::string explanation(const std::vector<Row>& rows) {
    if (starve(rows, false)) {
      return "Somebody also waited where all share one queue, from which anybody can take: the "
             "others had no time for it. This machine was too busy to tell the ways apart.";
    }
    return "What is in one queue, anybody can take. What the kernel has put into the queue of a "
           "worker waits for that worker.";
  }

  /// Where both kinds of queues were hit, the machine was, and none of the choices came true.
  static std::optional<std::size_t> right(const std::vector<Row>& rows) {
    if (starve(rows, false)) return std::nullopt;
    return starve(rows, true) ? kOwnQueues : kNone;
  }

  Comparison& comparison_;
};

}  // namespace

std::unique_ptr<Lesson> six_ways(Comparison& comparison) {
  return std::make_unique<SixWays>(comparison);
}

}  // namespace forkscope::comparison
