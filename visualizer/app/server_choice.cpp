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
      if (command.value && *command.value < servers_.size()) look_at(servers_[*command.value]);
      return true;
    default: break;
  }
  if (!state_.servers || state_.help) return false;
  switch (command.kind) {
    case CommandKind::choose_up: point_at_neighbour(-1); return true;
    case CommandKind::choose_down: point_at_neighbour(1); return true;
    case CommandKind::confirm: look_at_pointed(); return true;
    case CommandKind::dismiss: state_.servers = false; return true;
    default: return false;
  }
}

void App::toggle_servers() {
  if (state_.servers) {
    state_.servers = false;
    return;
  }
  const picture::RunningServers servers = session_.servers();
  const auto is_shown = [](const picture::RunningServer& server) { return server.shown; };
  if (std::all_of(servers.begin(), servers.end(), is_shown)) {
    return notify("There is no other server to look at.");
  }
  state_.servers = true;
  state_.help = false;
  const auto shown = std::find_if(servers.begin(), servers.end(), is_shown);
  state_.pointed_server = (shown != servers.end() ? *shown : servers.front()).endpoint.path;
}

/// Opens the list for somebody who has not said which of several servers is meant. Once: later ones
/// must not cover what a class looks at.
void App::offer_servers() {
  if (servers_offered_ || session_.history().latest().attachment != picture::Attachment::live)
    return;
  servers_offered_ = true;
  const bool for_people = options_.screenshot.empty();
  const auto is_meant = [&](const picture::RunningServer& server) {
    return !options_.session.port || server.endpoint.port == *options_.session.port;
  };
  const picture::RunningServers servers = session_.servers();
  const bool is_choice = std::count_if(servers.begin(), servers.end(), is_meant) > 1;
  if (for_people && is_choice) toggle_servers();
}

void App::point_at_neighbour(int distance) {
  const picture::RunningServers servers = session_.servers();
  if (servers.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(servers.size()) - 1;
  // One that has gone meanwhile is behind the last.
  const std::ptrdiff_t wanted = pointed_in(servers) - servers.begin() + distance;
  state_.pointed_server =
      servers[static_cast<std::size_t>(std::clamp(wanted, std::ptrdiff_t{0}, last))].endpoint.path;
}

picture::RunningServers::const_iterator App::pointed_in(
    const picture::RunningServers& servers) const {
  return std::find_if(servers.begin(), servers.end(), [this](const picture::RunningServer& server) {
    return server.endpoint.path == state_.pointed_server;
  });
}

void App::look_at_pointed() {
  const picture::RunningServers servers = session_.servers();
  const auto pointed = pointed_in(servers);
  if (pointed == servers.end()) return notify("That server is gone.");
  look_at(*pointed);
}

void App::look_at(const picture::RunningServer& server) {
  // One that has gone meanwhile is no choice: the history of the one shown would be given away for
  // nothing.
  const telemetry::ControlEndpoint endpoint = server.endpoint;  // the list changes
  const bool other = endpoint.path != session_.history().latest().server.socket;
  if (other && !session_.runs(endpoint)) {
    return notify("The server on " + server.name + " is gone.");
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
  session_.choose(endpoint);
}

}  // namespace forkscope::app
