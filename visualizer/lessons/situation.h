// What a lesson sees, and what it can have done: its only ways to and from the world.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "history/incidents.h"
#include "load/load_options.h"
#include "picture/offer.h"
#include "picture/snapshot.h"

namespace forkscope::lessons {

/// What has become of requests that were sent one by one, since the server is looked at.
struct Requests {
  std::uint64_t answered = 0;  ///< With 2xx.
  std::uint64_t refused = 0;   ///< With another status.
  std::string latest_refusal;  ///< One line for people.
};

/// The present, whatever moment the screen shows. Borrows what it refers to.
struct Situation {
  const picture::Snapshot& now;
  const std::vector<history::Incident>& incidents;  ///< Oldest first.
  const load::LoadStatus& load;
  Requests requests = {};
  picture::Offer offer = {};
  std::string why_no_load = {};  ///< One line for people. Empty: there can be one.
  /// CPU time of the server's processes so far; nothing where that cannot be told. To look costs:
  /// only who needs it does.
  std::function<std::optional<std::uint64_t>()> cpu_ns = [] { return std::nullopt; };

  std::uint64_t time_ns() const { return now.time_ns; }
};

enum class ActionKind {
  start_load,  ///< GETs where the server has any, with `requests_per_second` over `connections`,
               ///< and as `fresh` and `long_share` say.
  stop_load,
  request,  ///< `GET target`, whose answer nobody waits for.
  kill,     ///< SIGKILL to `worker`.
  protect,  ///< Connections outlive their worker from now on, if `on`; otherwise they don't.
  balance,  ///< New connections go by `balance` from now on.
};

struct Action {
  ActionKind kind;
  std::string target = {};
  std::uint32_t worker = 0;
  double requests_per_second = 0;
  std::uint32_t connections = 0;
  bool on = false;
  bool fresh = false;
  double long_share = 0;
  telemetry::BalancePolicy balance = telemetry::BalancePolicy::unknown;
};
using Actions = std::vector<Action>;

/// Load over as many connections as most lessons want.
Action start_load(double requests_per_second);
Action protect(bool on);

std::uint32_t count_workers(const picture::Snapshot& now);
/// Workers that can take a request: idle, or busy with one that does not take long.
std::uint32_t count_serving(const picture::Snapshot& now);
/// Workers whose request in hand has that path.
std::uint32_t count_in(const picture::Snapshot& now, const std::string& path);
/// How long nobody was there: from what is known of its latest end to its successor. The incident
/// is closed.
std::uint64_t absence_ns(const history::Incident& incident);
/// Incidents that began at or after `since_ns`, oldest first.
std::vector<history::Incident> incidents_since(const Situation& situation, std::uint64_t since_ns);

}  // namespace forkscope::lessons
