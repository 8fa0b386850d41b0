// Connections that move, over WORKERS: a dot each, from the lane of the worker that had them to the
// lanes of those that got them. A server moves them in milliseconds; here it takes a second.
//
// Functions of the view time: a pause holds the dots, and a replay shows them again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "history/history.h"
#include "history/moves.h"
#include "views/painter.h"
#include "views/view.h"
#include "views/way.h"

namespace forkscope::views {

/// From the first dot that leaves to the last that arrives.
inline constexpr std::uint64_t kFlightNs = 1'200'000'000;
/// What came where stays to be read after that.
inline constexpr std::uint64_t kFlightShownNs = 2'000'000'000;
inline constexpr std::uint64_t kMostDots = 64;  ///< Of one move; the label has the whole number.

/// A move as it is shown.
struct Flight {
  history::Move move;
  std::uint64_t start_ns;  ///< The first dot leaves.
};

/// Of moves, oldest first. A flight starts when the move was made; but a newcomer's share, once it
/// has been seen how others left it: nobody could tell the two apart.
std::vector<Flight> flights_of(std::vector<history::Move> moves);
/// Those that are to be seen at `time_ns`.
std::vector<Flight> flights_at(const history::History& history, std::uint64_t time_ns);

/// A connection on its way.
struct Dot {
  std::size_t receiver;  ///< Index in Move::to.
  float way;             ///< 0: at the worker that had it; 1: at the one that has it.
};

/// None before the flight and after it was shown.
std::vector<Dot> dots_of(const Flight& flight, std::uint64_t time_ns);

/// Where a worker is drawn.
struct WorkerSpot {
  Rect row;   ///< All of it: a row or a tile.
  Rect lane;  ///< Of a tile its middle.
};

/// By worker number; without an area where it is not drawn.
using WorkerSpots = std::vector<WorkerSpot>;
/// The first one that is told of a worker stays: its full row above the tiles.
void add_spot(WorkerSpots& spots, std::uint32_t worker, const WorkerSpot& spot);

/// From the lane of worker `from` to that of `to`, both of which are drawn. A successor gets its
/// own number's connections along the lane.
Way way_between(const WorkerSpots& spots, std::uint32_t from, std::uint32_t to);

/// `rect`: all of WORKERS.
void draw_moves(const Painter& painter, const Rect& rect, const View& view, WorkerSpots spots);

}  // namespace forkscope::views
