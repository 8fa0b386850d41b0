#include "views/mark.h"

#include "forkscope/telemetry/event_kinds.h"

namespace forkscope::views {

using telemetry::LifeStep;
using words::Look;

Mark mark_of(Look look, const Palette& colors) {
  switch (look) {
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

Mark mark_of(telemetry::EventKind event, const Palette& colors) {
  switch (telemetry::traits_of(event).step) {
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

Mark mark_of_planned_exit(const Palette& colors) { return mark_of(Look::draining, colors); }

Look steady_look(const View& view, const telemetry::WorkerReport& worker) {
  return words::look_at(view.history, worker, view.time_ns, view.now.time_ns);
}

bool is_hung(Look look) { return look == Look::hung || look == Look::aborting; }
bool is_dead(Look look) { return look == Look::dead || look == Look::backoff; }
bool is_alarm(Look look) { return is_hung(look) || is_dead(look); }

}  // namespace forkscope::views
