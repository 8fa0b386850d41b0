#include <optional>

#include "forkscope/telemetry/event_text.h"
#include "lessons/all_lessons.h"
#include "lessons/load_then_fire.h"
#include "words/faults.h"
#include "words/format.h"

namespace forkscope::lessons {

namespace {

constexpr double kRate = 500;

/// Load, and one request that never returns.
class OneHangs final : public Lesson {
 public:
  std::string title() const override { return "One hangs: who notices?"; }

  std::string question(const picture::Snapshot&) const override {
    return "Load runs on all workers. Then one request never returns, and its worker spins in it "
           "for ever. What happens to everybody else?";
  }

  std::array<std::string, kChoices> choices(const picture::Snapshot& now) const override {
    const std::uint32_t workers = count_workers(now);
    return {"All wait until somebody restarts the server", "They are served on by the others",
            "Every " + (workers > 1 ? words::ordinal(workers) + " request" : "request") +
                " fails from now on"};
  }

  Actions fire(const Situation& situation) override { return start_.begin(situation); }

  bool watch(const Situation& situation, Actions& actions) override {
    start_.fire_when_warm(situation, actions);
    const auto incident = hang(situation);
    return incident && !incident->open();
  }

  std::string progress(const Situation& situation) const override {
    const auto incident = hang(situation);
    if (!start_.fired()) return "The load begins.";
    if (!incident) return "Sent. For now the worker only looks busy.";
    return "Worker " + std::to_string(incident->worker) + " hangs for " +
           words::counting_seconds(situation.time_ns() - incident->start_ns()) +
           "; the others served " +
           words::grouped(situation.now.totals.requests - incident->served_at_start) + ".";
  }

  Answer answer(const Situation& situation) const override {
    const auto incident = hang(situation);
    if (!incident || incident->open()) {
      return {"The hang was not over within a minute.", "This server may never kill.", 1};
    }
    const std::uint64_t served = incident->served_at_end - incident->served_at_start;
    const std::uint64_t end_ns = incident->exit_ns != 0 ? incident->exit_ns : incident->back_ns;
    return {"Hung for " + telemetry::duration_text(end_ns - incident->start_ns()) +
                ", back after " + telemetry::duration_text(incident->back_ns - end_ns) + ". " +
                words::counted(incident->abandoned, "request") + " lost, " +
                words::grouped(served) + " served by the others meanwhile.",
            served > 0 ? "A worker is one process with one request in hand. The primary saw no "
                         "progress, ended that process and forked another."
                       : "There was nobody else to serve them.",
            served > 0 ? 1U : 0U};
  }

 private:
  std::optional<history::Incident> hang(const Situation& situation) const {
    for (const history::Incident& incident : start_.incidents(situation)) {
      if (incident.kind == history::IncidentKind::hang) return incident;
    }
    return std::nullopt;
  }

  LoadThenFire start_{kRate, words::kHangPath};
};

}  // namespace

std::unique_ptr<Lesson> one_hangs() { return std::make_unique<OneHangs>(); }

}  // namespace forkscope::lessons
