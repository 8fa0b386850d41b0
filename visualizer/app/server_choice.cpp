// Which server is looked at: the list of those that run, and the choice.
#include <algorithm>

#include "app/app.h"

namespace forkscope::app {

using views::Command;
using views::CommandKind;

/// While the list is open, it takes the arrows, Enter and Esc.
bool App::perform_on_servers(const Command& command) {
  switch (command.kind) {
    case CommandKind::toggle_servers: toggle_servers(); return true;
    case CommandKind::look_at:
      look_at(static_cast<std::uint16_t>(command.value.value_or(0)));
      return true;
    default: break;
  }
  if (!state_.servers || state_.help) return false;
  switch (command.kind) {
    case CommandKind::choose_up: point_at_neighbour(-1); return true;
    case CommandKind::choose_down: point_at_neighbour(1); return true;
    case CommandKind::confirm: look_at(state_.pointed_server); return true;
    case CommandKind::dismiss: state_.servers = false; return true;
    default: return false;
  }
}

void App::toggle_servers() {
  if (state_.servers) {
    state_.servers = false;
    return;
  }
  const std::uint16_t shown = session_.history().latest().server.port;
  const std::vector<std::uint16_t> ports = session_.ports();
  const bool is_choice = std::any_of(ports.begin(), ports.end(),
                                     [shown](std::uint16_t port) { return port != shown; });
  if (!is_choice) return notify("There is no other server to look at.");
  state_.servers = true;
  state_.help = false;
  state_.pointed_server = std::count(ports.begin(), ports.end(), shown) > 0 ? shown : ports.front();
}

/// Opens the list for somebody who has not said which of several servers is meant. Once: later ones
/// must not cover what a class looks at.
void App::offer_servers() {
  if (servers_offered_ || session_.history().latest().attachment != model::Attachment::live) return;
  servers_offered_ = true;
  const bool for_people = options_.screenshot.empty();
  if (for_people && !options_.session.port && session_.ports().size() > 1) toggle_servers();
}

void App::point_at_neighbour(int distance) {
  const std::vector<std::uint16_t> ports = session_.ports();
  if (ports.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(ports.size()) - 1;
  const auto pointed = std::find(ports.begin(), ports.end(), state_.pointed_server);
  // One that has gone meanwhile is behind the last.
  const std::ptrdiff_t wanted = pointed - ports.begin() + distance;
  state_.pointed_server =
      ports[static_cast<std::size_t>(std::clamp(wanted, std::ptrdiff_t{0}, last))];
}

void App::look_at(std::uint16_t port) {
  const bool other = port != session_.history().latest().server.port;
  // One that has gone meanwhile is no choice: the history of the one shown would be given away for
  // nothing.
  if (other && !session_.runs(port)) {
    return notify("The server on port " + std::to_string(port) + " is gone.");
  }
  state_.servers = false;
  if (other) {
    perform(course_.leave(situation()));  // the load belongs to the server that is left
    load_.stop();
    load_status_ = load_.status();
    control_.reset();
    control_instance_ = 0;
    state_.selected_worker = 0;
    state_.why = false;
    state_.notice.clear();  // what was done to the other one
  }
  session_.choose(port);
}

}  // namespace forkscope::app
