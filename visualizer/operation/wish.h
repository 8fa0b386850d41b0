// What somebody at the keys can wish for, in the window, on a terminal or in a lesson: plain
// values. The operator carries them out (operator.h).
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "forkscope/telemetry/layout.h"
#include "picture/running_server.h"

namespace forkscope::operation {

// ── what happens to the server ──
/// `GET target`, whose answer nobody waits for: a fault of words/faults.h.
struct Fire {
  std::string target;
  /// What somebody could do where the server has no faults, as "freeze a worker with F".
  std::string instead = {};
};
/// "KILL", "STOP", "CONT" for a worker, from the primary.
struct SendSignal {
  std::uint32_t worker;  ///< Number; 0: there is none that it could be meant for.
  std::string name;
};
/// So many workers more, or fewer.
struct ScaleBy {
  int workers;
};
struct Reload {};
/// Whether connections outlive their worker.
struct Protect {
  bool on;
};
struct ToggleProtection {};
/// Who takes a new connection.
struct Balance {
  telemetry::BalancePolicy policy;
};
/// On to the next way, in the order of telemetry::BalancePolicy and around.
struct NextBalance {};

// ── load ──
struct ToggleLoad {};
/// On to the next of a few values; the load goes on with it if it runs.
enum class LoadSetting { rate, connections, post_share, long_share, fresh, target };
struct ChangeLoad {
  LoadSetting setting;
};
/// A load of GETs, where the server has any, that a lesson measures; what the user has chosen stays
/// chosen. All as in load::LoadOptions.
struct StartLoad {
  double requests_per_second;
  std::uint32_t connections;
  double long_share = 0;
  bool fresh = false;
};
struct StopLoad {};

// ── which server ──
struct LookAt {
  picture::RunningServer server;
};
/// Of those that run, by port and around.
struct LookAtNext {};

using Wish =
    std::variant<Fire, SendSignal, ScaleBy, Reload, Protect, ToggleProtection, Balance, NextBalance,
                 ToggleLoad, ChangeLoad, StartLoad, StopLoad, LookAt, LookAtNext>;

}  // namespace forkscope::operation
