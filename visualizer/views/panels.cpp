#include "views/panels.h"

#include <algorithm>
#include <array>

#include "views/answers.h"
#include "views/comparison_panel.h"
#include "views/cores.h"
#include "views/event_log.h"
#include "views/fire.h"
#include "views/latency.h"
#include "views/lesson_panel.h"
#include "views/workers.h"

namespace forkscope::views {

namespace {

constexpr float kCores = 232;
constexpr float kEvents = 572;
constexpr float kEventsLeast = 340;   // narrower, there is none
constexpr float kLatencyLeast = 330;  // beside them
constexpr float kFire = 445;
constexpr float kFireLeast = 166;  // two columns of titles
constexpr float kLesson = 440;
constexpr float kAnswersLeast = 180;
constexpr float kAnswersLeastBesideLesson = 150;

/// What WHO ANSWERED can spare.
float height_below_answers(const Space& space) {
  const float answers = space.contents.lesson ? kAnswersLeastBesideLesson : kAnswersLeast;
  return std::max(0.F, space.left.h - answers * space.unit - space.gap);
}

/// The whole column where there is not room for both, and for a class, which reads its words.
float lesson_height(const Space& space) {
  if (!space.contents.lesson) return 0;
  const float room = height_below_answers(space);
  const float least = lesson_least(space.left.w, space.unit);
  const bool alone = space.contents.presenter || room < least;
  return alone ? space.left.h : std::min(std::max(kLesson * space.unit, least), room);
}

/// Buttons are for whoever looks at a running server alone, and not for a class.
float fire_height(const Space& space) {
  const Contents& contents = space.contents;
  if (contents.lesson || contents.presenter || contents.replay) return 0;
  const float room = height_below_answers(space);
  return room < kFireLeast * space.unit ? 0 : std::min(kFire * space.unit, room);
}

float cores_width(const Space& space) { return kCores * space.unit * space.narrow; }

/// A presenter has no log; the graph beside it is bigger instead. It comes first on a narrow
/// window, too: the strips tell what has happened as well.
float events_width(const Space& space) {
  if (space.contents.presenter) return 0;
  const float room = space.left.w - space.gap - kLatencyLeast * space.unit;
  if (room < kEventsLeast * space.unit) return 0;
  return std::min(kEvents * space.unit * space.narrow, room);
}

float always(const Space&) { return 1; }

/// In place of all other graphs below the workers.
float comparison_extent(const Space& space) { return space.contents.comparison ? 1 : 0; }

constexpr std::array kPanels{
    Panel{"LESSON", Place::right, Strip::bottom, lesson_height, draw_lesson},
    Panel{"FIRE", Place::right, Strip::bottom, fire_height, draw_fire},
    Panel{"WHO ANSWERED", Place::right, Strip::rest, always, draw_answers},
    Panel{"CORES", Place::beside_workers, Strip::left, cores_width, draw_cores},
    Panel{"WORKERS", Place::middle, Strip::rest, always, draw_workers},
    Panel{"COMPARISON", Place::bottom, Strip::rest, comparison_extent, draw_comparison},
    Panel{"EVENTS", Place::bottom, Strip::right, events_width, draw_event_log},
    Panel{"LATENCY", Place::bottom, Strip::rest, always, draw_latency},
};

}  // namespace

float lesson_least(float width, float unit) {
  constexpr float kSquareUnits = 232'000;
  return kSquareUnits * unit * unit / width;
}

std::span<const Panel> panels() { return kPanels; }

}  // namespace forkscope::views
