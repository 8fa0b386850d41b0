// What every view is given, and what it may ask for.
//
// A view is a function of the model at one moment and of the view state. It changes nothing: what
// the user does in it comes back as commands, which the app carries out after the frame, exactly as
// it does for keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/control_client.h"
#include "model/history.h"
#include "model/snapshot.h"
#include "views/theme.h"

namespace forkscope::views {

enum class CommandKind {
  toggle_load,
  hang,
  crash,
  toggle_freeze,
  kill,
  select,
  toggle_pause,
  toggle_theme,
  toggle_presenter,
  toggle_help,
  dismiss,
  toggle_full_screen,
  screenshot,
  bigger,
  smaller,
};

struct Command {
  CommandKind kind;
  std::uint32_t worker = 0;  ///< For `select`: its number; 0 = none.
};

/// The built-in load generator, as far as the screen shows it.
struct LoadFigures {
  bool running = false;
  double wanted_per_second = 0;
  double post_share = 0;  ///< 0 … 1; the others are GET.
  std::uint32_t connections = 0;
  double requests_per_second = 0;
  std::uint64_t waiting = 0;  ///< Requests without an answer so far.
};

/// What the user has chosen; outlives frames.
struct ViewState {
  std::optional<std::uint64_t> paused_at_ns;
  std::uint32_t selected_worker = 0;  ///< Number; 0 = none.
  bool help = false;
  bool presenter = false;
  ThemeKind theme = ThemeKind::dark;
  float scale = 1;
  std::string notice;
  std::uint64_t notice_until_ns = 0;
};

/// For one frame. Borrows everything.
struct View {
  const model::History& history;
  const model::Snapshot& now;   ///< The picture at the view time.
  const model::Snapshot& calm;  ///< The same, renewed three times a second: for figures.
  std::uint64_t time_ns;        ///< The view time, CLOCK_MONOTONIC.
  std::uint64_t calm_time_ns;
  const ViewState& state;
  LoadFigures load;
  const model::ControlClient* control;  ///< Null until a server was found.
  std::vector<Command>& commands;
};

/// Nothing on the screen changes faster than three times a second unless it is a counting number.
inline constexpr std::uint64_t kCalmNs = 333'000'000;

/// The past that lanes and graphs show.
inline constexpr std::size_t kShownBins = 300;
static_assert(kShownBins * model::kBinNs == 30'000'000'000);

}  // namespace forkscope::views
