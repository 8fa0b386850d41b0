// The list of servers, while it is open: which of them the arrows point at.
//
// Borrows the session, which knows those that run, and the part of the view state that the list is
// drawn from. Looking at the one that is pointed at is a wish (operation/wish.h). Main thread only.
#pragma once

#include <cstdint>
#include <optional>

#include "session/session.h"
#include "views/view.h"

namespace forkscope::app {

class ServerChoice {
 public:
  ServerChoice(const session::Session& session, views::ViewState& state)
      : session_(session), state_(state) {}

  bool is_open() const { return state_.servers; }
  /// Opens it, or closes it. False: it stays closed, since there is no other server to choose.
  bool toggle();
  void close() { state_.servers = false; }
  /// Opens it for somebody who has not said which of several servers is meant, when the first one
  /// shows. Once: later ones must not cover what a class looks at. `port`: what has been said.
  void offer(std::optional<std::uint16_t> port);

  void point_at_neighbour(int distance);
  /// Nothing: it is gone.
  std::optional<picture::RunningServer> pointed() const;

 private:
  const session::Session& session_;
  views::ViewState& state_;
  bool offered_ = false;  // or need not be
};

}  // namespace forkscope::app
