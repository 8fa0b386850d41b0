#include "views/moves.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "forkscope/telemetry/event_text.h"
#include "words/format.h"

namespace forkscope::views {

using history::Move;

namespace {

constexpr std::uint64_t kTravelNs = 700'000'000;  // one dot's
constexpr std::uint64_t kLastLeavesNs = kFlightNs - kTravelNs;
constexpr std::uint64_t kFadeNs = 300'000'000;
constexpr float kTail = 0.07F;  // of the way, behind a dot

bool goes_to(const Move& move, std::uint32_t worker) {
  return std::any_of(move.to.begin(), move.to.end(),
                     [worker](const auto& receiver) { return receiver.first == worker; });
}

bool is_shown(const Flight& flight, std::uint64_t time_ns) {
  return time_ns >= flight.start_ns && time_ns < flight.start_ns + kFlightShownNs;
}

/// How far that part, 0 … 1, of the connections that a worker gets has come: one after the other.
float way_of(const Flight& flight, double part, std::uint64_t time_ns) {
  const double since_ns = static_cast<double>(time_ns - flight.start_ns) - part * kLastLeavesNs;
  const auto t = static_cast<float>(std::clamp(since_ns / kTravelNs, 0.0, 1.0));
  return t * t * (3 - 2 * t);
}

std::uint64_t dealt(const Move& move) {
  std::uint64_t sum = 0;
  for (const auto& [worker, count] : move.to) sum += count;
  return sum;
}

bool is_drawn(const WorkerSpot& spot) { return spot.lane.w > 0 && spot.lane.h > 0; }

/// Where something is said about a worker, in inverse colours.
struct Plate {
  Type type;
  std::vector<std::string> lines;
};

ImVec2 size_of(const Painter& painter, const Plate& plate) {
  float width = 0;
  for (const std::string& line : plate.lines) {
    width = std::max(width, painter.width(plate.type, line));
  }
  return {
      width + painter.px(16),
      painter.height(plate.type) * 1.08F * static_cast<float>(plate.lines.size()) + painter.px(4)};
}

/// As near to `center` as it can be in `bounds`.
void draw_plate(const Painter& painter, const Plate& plate, ImVec2 center, const Rect& bounds,
                float opacity) {
  const Palette& colors = painter.colors();
  const ImVec2 size = size_of(painter, plate);
  Rect rect{center.x - size.x / 2, center.y - size.y / 2, size.x, size.y};
  rect.x = std::max(bounds.x, std::min(rect.x, bounds.right() - rect.w));
  rect.y = std::max(bounds.y, std::min(rect.y, bounds.bottom() - rect.h));
  painter.fill({rect.x - painter.px(2), rect.y - painter.px(2), rect.w + painter.px(4),
                rect.h + painter.px(4)},
               faded(colors.panel, opacity), painter.px(7));
  painter.fill(rect, faded(colors.text, opacity), painter.px(5));
  Rect rest = rect.inset(0, painter.px(2));
  const float line = rest.h / static_cast<float>(plate.lines.size());
  for (const std::string& text : plate.lines) {
    painter.text_centered(plate.type, rest.cut_top(line), faded(colors.panel, opacity), text);
  }
}

/// What is said of connections that move.
struct Label {
  std::uint64_t connections = 0;
  std::uint64_t moves = 0;  ///< Each of one worker.
  std::uint64_t since_ns = UINT64_MAX;
  std::uint64_t until_ns = 0;
  float opacity = 0;
  ImVec2 place{};  ///< Where the first of them leaves.

  void add(const Flight& flight) {
    connections += flight.move.connections;
    ++moves;
    since_ns = std::min(since_ns, flight.move.at_ns - flight.move.duration_ns);
    until_ns = std::max(until_ns, flight.move.at_ns);
  }
  std::string who() const { return words::counted(connections, "connection"); }
  std::string what() const {
    return (moves == 1 ? "moved in " : "moved within ") +
           telemetry::duration_text(until_ns - since_ns);
  }
};

/// All that is to be seen at one moment. Borrows everything.
struct Sky {
  const Painter& painter;
  const Rect& rect;
  const View& view;
  const WorkerSpots& spots;
  const std::vector<Flight>& flights;

  bool shows(std::uint32_t worker) const {
    return worker < spots.size() && is_drawn(spots[worker]);
  }
  ImVec2 start_of(const Flight& flight) const;
  Type type() const { return view.state.presenter ? Type::large_bold : Type::body_bold; }
  float opacity_of(const Flight& flight) const {
    const std::uint64_t left_ns = flight.start_ns + kFlightShownNs - view.time_ns;
    return std::min(1.F, static_cast<float>(left_ns) / static_cast<float>(kFadeNs));
  }
  /// Where nothing is to fly, everything has arrived.
  std::uint64_t time_of(const Flight& flight) const {
    const std::uint64_t arrived_ns = flight.start_ns + kFlightNs;
    return view.state.reduced_motion ? std::max(view.time_ns, arrived_ns) : view.time_ns;
  }

  void draw_ways(const Flight& flight) const;
  void draw_dots(const Flight& flight) const;
  void draw_arrivals() const;
  void draw_labels() const;
  void draw_change(const WorkerSpot& spot, ImVec2 place, const std::string& change,
                   float opacity) const;
  void draw_label(const Label& label, const WorkerSpot& spot) const;
};

void Sky::draw_ways(const Flight& flight) const {
  const ImU32 color = faded(painter.colors().text, 0.35F * opacity_of(flight));
  for (const auto& [worker, count] : flight.move.to) {
    if (!shows(worker)) continue;
    const Way way = way_between(spots, flight.move.from, worker);
    way.draw(painter.list(), color, painter.px(view.state.presenter ? 3.5F : 2.F));
  }
}

void Sky::draw_dots(const Flight& flight) const {
  const Palette& colors = painter.colors();
  const float radius = painter.px(view.state.presenter ? 10 : 7);
  for (const Dot& dot : dots_of(flight, time_of(flight))) {
    const std::uint32_t worker = flight.move.to[dot.receiver].first;
    if (dot.way >= 1 || !shows(worker)) continue;
    const Way way = way_between(spots, flight.move.from, worker);
    const ImVec2 place = way.at(dot.way);
    painter.line(way.at(std::max(0.F, dot.way - kTail)), place, faded(colors.text, 0.7F), radius);
    painter.shape(Shape::disc, place, radius + painter.px(2), colors.panel, colors.panel);
    painter.shape(Shape::disc, place, radius, colors.text, colors.text);
  }
}

/// How many each worker gets, of all flights together: they are there already, whatever still
/// flies.
void Sky::draw_arrivals() const {
  struct Arrival {
    std::uint64_t count = 0;
    float opacity = 0;
    ImVec2 place{};
  };
  std::map<std::uint32_t, Arrival> arrivals;
  for (const Flight& flight : flights) {
    for (std::size_t i = 0; i < flight.move.to.size(); ++i) {
      const std::uint32_t worker = flight.move.to[i].first;
      if (!shows(worker)) continue;
      Arrival& arrival = arrivals[worker];
      arrival.count += flight.move.to[i].second;
      arrival.opacity = std::max(arrival.opacity, opacity_of(flight));
      arrival.place = way_between(spots, flight.move.from, worker).to;
    }
  }
  for (const auto& [worker, arrival] : arrivals) {
    const Rect& row = spots[worker].row;
    painter.fill(row, faded(painter.colors().text, 0.14F * arrival.opacity), painter.px(5));
    const std::string change = "+" + std::to_string(arrival.count);
    draw_change(spots[worker], arrival.place, change, arrival.opacity);
  }
}

/// "+5" or "−5" where dots come down or leave, unless that would hide who it is.
void Sky::draw_change(const WorkerSpot& spot, ImVec2 place, const std::string& change,
                      float opacity) const {
  for (const Type size : {type(), Type::body_bold, Type::small_bold}) {
    const Plate plate{size, {change}};
    const ImVec2 needs = size_of(painter, plate);
    if (needs.y > spot.row.h) continue;
    if (needs.x <= spot.lane.w / 2) return draw_plate(painter, plate, place, spot.row, opacity);
    const bool has_two_lines = spot.row.h >= 1.8F * needs.y;
    if (has_two_lines) return draw_plate(painter, plate, spot.row.max(), spot.row, opacity);
  }
}

/// Where one worker's connections leave it says so, or else above all.
void Sky::draw_labels() const {
  Label all;
  std::map<std::uint32_t, Label> labels;  // by the worker that had them
  for (const Flight& flight : flights) {
    Label& label = labels[flight.move.from];
    if (label.connections == 0) label.place = start_of(flight);
    label.add(flight);
    all.add(flight);
    label.opacity = std::max(label.opacity, opacity_of(flight));
    all.opacity = std::max(all.opacity, label.opacity);
  }
  if (labels.size() == 1) return draw_label(all, spots[labels.begin()->first]);
  for (const auto& [worker, label] : labels) {
    const std::string change = "−" + std::to_string(label.connections);
    draw_change(spots[worker], label.place, change, label.opacity);
  }
  // In the panel's head, in place of what is said there else.
  Rect head{rect.x, rect.y + painter.px(3), rect.w - painter.px(4), painter.px(34)};
  head.cut_left(painter.px(14) + painter.width(Type::small_bold, "WORKERS"), painter.px(10));
  painter.fill(head, faded(painter.colors().panel, all.opacity));
  for (const Type size : {type(), Type::body_bold, Type::small_bold}) {
    const Plate plate{size, {all.who() + ' ' + all.what()}};
    if (size_of(painter, plate).x > head.w) continue;
    return draw_plate(painter, plate, head.center(), head, all.opacity);
  }
}

ImVec2 Sky::start_of(const Flight& flight) const {
  const std::uint32_t from = flight.move.from;
  for (const auto& [worker, count] : flight.move.to) {
    if (shows(worker)) return way_between(spots, from, worker).from;
  }
  return spots[from].lane.center();
}

/// "15 connections moved in 3.0 ms", as big as there is room for beside the worker's state; or else
/// above or below it.
void Sky::draw_label(const Label& label, const WorkerSpot& spot) const {
  const std::vector<std::string> whole{label.who() + ' ' + label.what()};
  const Rect room{spot.lane.x, spot.row.y, spot.row.right() - spot.lane.x, spot.row.h};
  for (const Type size : {type(), Type::body_bold, Type::small_bold}) {
    for (const auto& lines : {whole, {label.who(), label.what()}}) {
      const Plate plate{size, lines};
      const ImVec2 needs = size_of(painter, plate);
      if (needs.x > room.w || needs.y > room.h + painter.px(2)) continue;
      // Below a lane that is as high stand words, which are left; others are covered as a whole.
      const bool leaves_words =
          needs.y <= spot.lane.h + painter.px(4) && spot.lane.h < 0.75F * room.h;
      if (!leaves_words) painter.fill(room, faded(painter.colors().panel, label.opacity));
      return draw_plate(painter, plate, spot.lane.center(),
                        leaves_words ? Rect{room.x, spot.lane.y - painter.px(2), room.w,
                                            spot.lane.h + painter.px(4)}
                                     : room,
                        label.opacity);
    }
  }
  for (const Type size : {type(), Type::body_bold, Type::small_bold}) {
    const Plate plate{size, whole};
    const ImVec2 needs = size_of(painter, plate);
    if (needs.x > rect.w) continue;
    const bool above = spot.row.y - needs.y >= rect.y;
    const float y = above ? spot.row.y - needs.y / 2 : spot.row.bottom() + needs.y / 2;
    return draw_plate(painter, plate, {spot.row.center().x, y}, rect, label.opacity);
  }
}

/// Workers that are gone had the highest numbers: what they had comes from the lower edge.
void place_gone(std::vector<Flight>& flights, WorkerSpots& spots, const Rect& rect) {
  constexpr std::uint32_t kGone = 0;  // no worker's number
  const Rect edge{rect.x, rect.bottom() - 1, rect.w, 1};
  add_spot(spots, kGone, {edge, edge});
  for (Flight& flight : flights) {
    std::uint32_t& from = flight.move.from;
    if (from >= spots.size() || !is_drawn(spots[from])) from = kGone;
  }
}

}  // namespace

std::vector<Flight> flights_of(std::vector<Move> moves) {
  std::vector<Flight> flights;
  for (Move& move : moves) {
    std::uint64_t start_ns = move.at_ns;
    for (const Flight& before : flights) {
      if (move.reason == telemetry::MoveReason::balance && goes_to(move, before.move.from)) {
        start_ns = std::max(start_ns, before.move.at_ns + kFlightShownNs);
      }
    }
    flights.push_back({std::move(move), start_ns});
  }
  return flights;
}

std::vector<Flight> flights_at(const history::History& history, std::uint64_t time_ns) {
  // What is still shown may have waited, and for one that was earlier still.
  constexpr std::uint64_t kBackNs = 3 * kFlightShownNs;
  const std::uint64_t since_ns = time_ns - std::min(time_ns, kBackNs);
  std::vector<Flight> flights = flights_of(history::moves_between(history, since_ns, time_ns));
  std::erase_if(flights, [=](const Flight& flight) { return !is_shown(flight, time_ns); });
  return flights;
}

std::vector<Dot> dots_of(const Flight& flight, std::uint64_t time_ns) {
  if (!is_shown(flight, time_ns)) return {};
  const std::uint64_t connections = dealt(flight.move);
  const std::uint64_t count = std::min(connections, kMostDots);
  std::vector<Dot> dots;
  dots.reserve(count);
  std::size_t receiver = 0;
  std::uint64_t first = 0;  // connection of that receiver
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t connection = i * connections / count;
    while (connection >= first + flight.move.to[receiver].second) {
      first += flight.move.to[receiver++].second;
    }
    const std::uint32_t last = flight.move.to[receiver].second - 1;
    const double part = static_cast<double>(connection - first) / std::max(last, 1U);
    dots.push_back({receiver, way_of(flight, part, time_ns)});
  }
  return dots;
}

void add_spot(WorkerSpots& spots, std::uint32_t worker, const WorkerSpot& spot) {
  if (worker >= spots.size()) spots.resize(worker + 1);
  if (!is_drawn(spots[worker])) spots[worker] = spot;
}

Way way_between(const WorkerSpots& spots, std::uint32_t from, std::uint32_t to) {
  const Rect& start = spots[from].lane;
  const Rect& end = spots[to].lane;
  if (from == to) return {{start.x, start.middle()}, {start.right(), start.middle()}};
  // Beside each other, in the order of the workers' numbers: so no way hides another one.
  const float count = static_cast<float>(std::max<std::size_t>(spots.size(), 2) - 1);
  const float x = end.x + end.w * (static_cast<float>(to) - 0.5F) / count;
  return {{std::max(start.x, std::min(x, start.right())), start.middle()}, {x, end.middle()}};
}

void draw_moves(const Painter& painter, const Rect& rect, const View& view, WorkerSpots spots) {
  std::vector<Flight> flights = flights_at(view.history, view.time_ns);
  if (flights.empty()) return;
  place_gone(flights, spots, rect);
  const Sky sky{painter, rect, view, spots, flights};
  for (const Flight& flight : flights) sky.draw_ways(flight);
  for (const Flight& flight : flights) sky.draw_dots(flight);
  sky.draw_arrivals();
  sky.draw_labels();
}

}  // namespace forkscope::views
