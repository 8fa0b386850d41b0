#include "app/time_commands.h"

namespace forkscope::app {

using views::CommandKind;

bool perform_in_time(session::Session& session, const views::Command& command,
                     std::uint64_t now_ns) {
  history::Playhead& playhead = session.playhead();
  switch (command.kind) {
    case CommandKind::toggle_pause: playhead.toggle_pause(session.history(), now_ns); return true;
    case CommandKind::step_back: playhead.step(session.history(), now_ns, -1); return true;
    case CommandKind::step_forward: playhead.step(session.history(), now_ns, 1); return true;
    case CommandKind::previous_incident: session.jump(now_ns, -1); return true;
    case CommandKind::next_incident: session.jump(now_ns, 1); return true;
    case CommandKind::go_live: playhead.to_end(); return true;
    case CommandKind::go_to:
      playhead.seek(session.history(), command.value.value_or(0));
      return true;
    case CommandKind::set_marker: session.mark(now_ns); return true;
    default: return false;
  }
}

}  // namespace forkscope::app
