// What every view is given, and what it may ask for.
//
// A view is a function of what is known at one moment and of the view state. It changes nothing:
// what the user does in it comes back as commands, which the app carries out after the frame,
// exactly as it does for keys.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "comparison/comparison.h"
#include "history/history.h"
#include "lessons/course.h"
#include "load/load_options.h"
#include "picture/offer.h"
#include "picture/running_server.h"
#include "picture/snapshot.h"
#include "views/pixel_columns.h"
#include "views/theme.h"
#include "words/command_lines.h"
#include "words/glossary.h"

namespace forkscope::views {

enum class CommandKind {
  // ── what happens to the server ──
  toggle_load,
  next_rate,
  next_connections,
  next_post_share,
  next_target,  ///< Of the load.
  next_long_share,
  toggle_fresh,  ///< Whether each request of the load has a connection of its own.
  next_balance,
  compare,  ///< All ways to share the port; again: ends it.
  hang,
  set_hang_mode,  ///< `value`: index of kHangModes; nothing = the next one.
  crash,
  set_crash_way,  ///< Likewise.
  toggle_freeze,
  kill,
  more_workers,
  fewer_workers,
  reload,
  toggle_protection,
  // ── which server ──
  toggle_servers,  ///< The list of them.
  look_at,         ///< `value`: index of the server in View::servers.
  // ── when ──
  toggle_pause,
  step_back,  ///< 100 ms.
  step_forward,
  previous_incident,
  next_incident,
  go_live,
  go_to,  ///< `value`: the view time.
  set_marker,
  // ── what is seen of it ──
  select,  ///< `value`: the worker's number.
  toggle_why,
  toggle_losses,  ///< The card that says which requests were lost.
  toggle_theme,
  toggle_presenter,
  toggle_reduced_motion,
  toggle_help,
  show_help_page,  ///< `value`: its number, from 0.
  dismiss,
  toggle_full_screen,
  screenshot,
  bigger,
  smaller,
  quit,
  // ── lessons ──
  next_lesson_step,
  choose,  ///< `value`: index of the guess.
  // ── in whatever list is open ──
  choose_up,
  choose_down,
  confirm,
};

struct Command {
  CommandKind kind;
  std::optional<std::uint64_t> value = {};
};

/// The built-in load generator.
struct LoadView {
  load::LoadOptions options;
  load::LoadStatus status;
  bool has_posts = true;   ///< POSTs of todos may be among it; otherwise it is the target alone.
  bool has_target = true;  ///< There is something that it can ask for.
};

/// Of the ways to share the port.
struct ComparisonView {
  std::span<const comparison::Row> rows = {};
  std::string progress = {};  ///< Empty: it does not run.

  bool is_shown() const { return !rows.empty() || !progress.empty(); }
};

/// What the user has chosen; outlives frames.
struct ViewState {
  std::uint32_t selected_worker = 0;  ///< Number; 0 = none.
  std::size_t hang_mode = 0;          ///< Index of words::kHangModes.
  std::size_t crash_way = 0;          ///< Index of words::kCrashWays.
  bool why = false;                   ///< The chain of events of the topmost incident is unfolded.
  std::size_t why_strip = 0;          ///< Of which strip.
  bool losses = false;                ///< The card of lost requests is open.
  bool help = false;
  int help_page = 0;           ///< Counts on beyond the last one, which the first follows.
  bool servers = false;        ///< The list of servers is open.
  bool pointing = true;        ///< The pointer is in use, and not left where it is.
  std::string pointed_server;  ///< Socket of the one in that list at which the arrows point.
  bool presenter = false;
  bool reduced_motion = false;
  ThemeKind theme = ThemeKind::dark;
  float scale = 1;
  std::string notice;  ///< Empty: nothing to say.
};

/// For one frame. Borrows everything.
struct View {
  const history::History& history;
  const picture::Snapshot& now;   ///< The picture at the view time.
  const picture::Snapshot& calm;  ///< The same, but renewed only three times a second: for figures.
  std::uint64_t time_ns;          ///< The view time, CLOCK_MONOTONIC.
  std::uint64_t calm_time_ns;
  bool paused;             ///< The view time stands still.
  bool replay;             ///< A recording is looked at: there is no server to do anything to.
  bool recording = false;  ///< What is seen goes into a file.
  const std::vector<history::Incident>& incidents;  ///< As known at the view time, oldest first.
  const ViewState& state;
  LoadView load;
  std::optional<lessons::Page> lesson;  ///< Nothing while no lesson is open.
  /// What buttons act on. Nothing until a server was found, and in a replay.
  std::optional<words::ServerAddress> acts_on;
  picture::Offer offer = {};               ///< What that server has of what buttons ask for.
  const picture::RunningServers& servers;  ///< Those that run; none in a replay.
  PixelColumns& latency_pixels;
  std::vector<Command>& commands;
  ComparisonView comparison = {};

  /// What stands still has nothing more to come.
  bool replay_has_ended() const { return replay && !paused && time_ns >= history.newest_ns(); }
};

/// A presenter speaks to a class.
inline words::Tone tone_of(const View& view) {
  return view.state.presenter ? words::Tone::plain : words::Tone::exact;
}

/// Nothing on the screen changes faster than three times a second unless it is a counting number.
inline constexpr std::uint64_t kCalmNs = 333'000'000;

/// The past that lanes and graphs show.
inline constexpr std::size_t kShownBins = 300;
static_assert(kShownBins * history::kBinNs == 30'000'000'000);

}  // namespace forkscope::views
