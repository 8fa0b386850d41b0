#include "app/server_choice.h"

#include <algorithm>
#include <string>

namespace forkscope::app {

namespace {

/// One that has gone meanwhile is behind the last.
picture::RunningServers::const_iterator find(const picture::RunningServers& servers,
                                             const std::string& socket) {
  return std::find_if(servers.begin(), servers.end(), [&](const picture::RunningServer& server) {
    return server.endpoint.path == socket;
  });
}

}  // namespace

bool ServerChoice::toggle() {
  if (is_open()) {
    close();
    return true;
  }
  const picture::RunningServers servers = session_.servers();
  const auto is_shown = [](const picture::RunningServer& server) { return server.shown; };
  if (std::all_of(servers.begin(), servers.end(), is_shown)) return false;
  state_.servers = true;
  state_.help = false;
  const auto shown = std::find_if(servers.begin(), servers.end(), is_shown);
  state_.pointed_server = (shown != servers.end() ? *shown : servers.front()).endpoint.path;
  return true;
}

void ServerChoice::offer(std::optional<std::uint16_t> port) {
  if (offered_ || session_.history().latest().attachment != picture::Attachment::live) return;
  offered_ = true;
  const auto is_meant = [&](const picture::RunningServer& server) {
    return !port || server.endpoint.port == *port;
  };
  const picture::RunningServers servers = session_.servers();
  if (std::count_if(servers.begin(), servers.end(), is_meant) > 1) toggle();
}

void ServerChoice::point_at_neighbour(int distance) {
  const picture::RunningServers servers = session_.servers();
  if (servers.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(servers.size()) - 1;
  // A server that has ended since is no longer in the list: the search for it ends behind the last.
  const std::ptrdiff_t wanted = find(servers, state_.pointed_server) - servers.begin() + distance;
  state_.pointed_server =
      servers[static_cast<std::size_t>(std::clamp(wanted, std::ptrdiff_t{0}, last))].endpoint.path;
}

std::optional<picture::RunningServer> ServerChoice::pointed() const {
  const picture::RunningServers servers = session_.servers();
  const auto pointed = find(servers, state_.pointed_server);
  if (pointed == servers.end()) return std::nullopt;
  return *pointed;
}

}  // namespace forkscope::app
