#include "views/mark.h"

#include "forkscope/telemetry/event_kinds.h"

namespace forkscope::views {

using telemetry::LifeStep;
using words::Look;

namespace {

struct Looks {
  Shape shape;
  ImU32 color;
};

Looks looks_of(Look look, const Palette& colors) {
  switch (look) {
    case Look::active: return {Shape::ringed_disc, colors.busy};
    case Look::busy: return {Shape::disc, colors.busy};
    case Look::slow: return {Shape::triangle, colors.slow};
    case Look::hung:
    case Look::aborting: return {Shape::hatched_square, colors.hung};
    case Look::dead:
    case Look::backoff: return {Shape::cross, colors.dead};
    case Look::fresh:
    case Look::starting: return {Shape::plus, colors.fresh};
    case Look::draining: return {Shape::half_disc, colors.idle};
    case Look::idle:
    case Look::unknown: break;
  }
  return {Shape::ring, colors.idle};
}

Looks looks_of(LifeStep step, const Palette& colors) {
  switch (step) {
    case LifeStep::hangs:
    case LifeStep::aborted:
    case LifeStep::killed: return {Shape::hatched_square, colors.hung};
    case LifeStep::ends:
    case LifeStep::waits: return {Shape::cross, colors.dead};
    case LifeStep::begins:
    case LifeStep::serves:
    case LifeStep::goes_on: return {Shape::plus, colors.fresh};
    case LifeStep::leaves:
    case LifeStep::moves: return {Shape::half_disc, colors.idle};
    case LifeStep::none: break;
  }
  return {Shape::ring, colors.idle};
}

}  // namespace

Mark mark_of(Look look, const Palette& colors) {
  const auto [shape, color] = looks_of(look, colors);
  return {shape, color, words::word(look)};
}

Mark mark_of(telemetry::EventKind event, const Palette& colors) {
  const LifeStep step = telemetry::traits_of(event).step;
  const auto [shape, color] = looks_of(step, colors);
  const bool ends = step == LifeStep::ends;  // its mark is that of the state that follows
  return {shape, color, ends ? words::word(Look::dead) : telemetry::traits_of(event).name};
}

Mark mark_of_planned_exit(const Palette& colors) { return mark_of(Look::draining, colors); }

void draw_mark(const Painter& painter, const Mark& mark, ImVec2 center, float radius, ImU32 edge) {
  painter.shape(mark.shape, center, radius, mark.color, edge);
  painter.explain({center.x - radius, center.y - radius, 2 * radius, 2 * radius}, mark.word);
}

Look steady_look(const View& view, const telemetry::WorkerReport& worker) {
  return words::look_at(view.history, worker, view.time_ns, view.now.time_ns);
}

bool is_hung(Look look) { return look == Look::hung || look == Look::aborting; }
bool is_dead(Look look) { return look == Look::dead || look == Look::backoff; }
bool is_alarm(Look look) { return is_hung(look) || is_dead(look); }

}  // namespace forkscope::views
