// The same harm twice, in front of clients who keep their connections: once with connections that
// outlive their worker, once with connections that end with it. What is told is what the clients of
// the load saw, and beside it what the server counts.
//
//   switch protection, begin the load anew ─▶ every client was answered ─▶ one request that does
//   the harm, of somebody else ─▶ the worker is back, and a second is over ─▶ the other way
//
// A server that does not say whether it protects is measured once, as it is. A round whose
// switching is not seen is left out. Main thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "lessons/lesson.h"

namespace forkscope::lessons {

class BothWays {
 public:
  static constexpr std::uint32_t kClients = 64;

  struct Round {
    telemetry::Protection protection;  ///< As the server said when the harm was done.
    history::Incident incident;
    std::uint64_t lost = 0;             ///< Connections of clients that ended in it,
    std::uint64_t broken = 0;           ///< … and how many of them while a request waited.
    std::uint64_t longest_wait_ns = 0;  ///< Of a client for its answer.
  };

  struct Harm {
    double requests_per_second;  ///< Of the load, all clients together.
    std::string target;          ///< As "/v1/faults/hang".
    history::IncidentKind kind;  ///< What comes of it.
  };

  explicit BothWays(Harm harm) : harm_(std::move(harm)) {}

  /// How many of 64 clients lose their connection by that harm, and with which protection, if the
  /// server tells. `harm` is a sentence.
  static std::string question(const picture::Snapshot& now, const std::string& harm);
  /// None, one, a worker's share, all.
  static Choices choices(const picture::Snapshot& now);

  Actions begin(const Situation& situation);
  /// True: all is measured.
  bool watch(const Situation& situation, Actions& actions);
  /// Protection is as it was before begin().
  Actions put_back(const Situation& situation);
  std::string progress(const Situation& situation) const;

  /// Whether the harm has come about at all.
  bool has_seen() const { return seen_; }
  /// Those that are over; in the order in which question() announces them.
  const std::vector<Round>& rounds() const { return rounds_; }
  /// What was measured in all rounds, and what was not.
  std::string measured() const;
  /// What became of the other connections of its worker.
  std::string because() const;
  /// Of choices(): what came true in the round that the question is about.
  std::optional<std::size_t> right() const;

 private:
  bool start_round(const Situation& situation, Actions& actions);
  bool is_switched(const Situation& situation) const;
  bool is_ready(const Situation& situation) const;
  void fire(const Situation& situation, Actions& actions);
  void look(const Situation& situation);
  std::optional<history::Incident> incident(const Situation& situation) const;
  std::uint64_t lost(const Situation& situation) const;
  const Round* round(telemetry::Protection protection) const;

  const Harm harm_;
  std::uint64_t instance_ = 0;  // of the server that it is about
  std::uint32_t workers_ = 0;
  telemetry::Protection before_ = telemetry::Protection::unknown;
  bool switched_ = false;  // protection is to be put back
  std::uint64_t put_back_ns_ = 0;
  std::vector<telemetry::Protection> planned_;
  std::size_t current_ = 0;  // of those
  std::vector<Round> rounds_;
  bool seen_ = false;  // an incident, in any of them

  // Of the round that runs.
  std::uint64_t began_ns_ = 0;
  std::optional<std::uint64_t> fired_ns_;
  std::optional<std::uint64_t> over_ns_;
  std::uint64_t answered_before_ = 0;  // the round
  std::uint64_t lost_before_ = 0;
  std::uint64_t broken_before_ = 0;
  std::uint64_t longest_wait_ns_ = 0;
};

/// A lesson that asks who notices such a harm; what it says itself is the harm, and the answer.
class BothWaysLesson : public Lesson {
 public:
  Choices choices(const picture::Snapshot& now) const final { return BothWays::choices(now); }
  Actions fire(const Situation& situation) final { return both_ways_.begin(situation); }
  bool watch(const Situation& situation, Actions& actions) final {
    return both_ways_.watch(situation, actions);
  }
  Actions put_back(const Situation& situation) final { return both_ways_.put_back(situation); }
  std::string progress(const Situation& situation) const final {
    return both_ways_.progress(situation);
  }

 protected:
  explicit BothWaysLesson(BothWays::Harm harm) : both_ways_(std::move(harm)) {}
  const BothWays& both_ways() const { return both_ways_; }

 private:
  BothWays both_ways_;
};

}  // namespace forkscope::lessons
