// The keys of the terminal view that do something to the server: H, C and L, as in the window.
//
// Owns the client that sends, and the load generator; both follow the server that is looked at.
// Nothing blocks. Main thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "live/control_client.h"
#include "load/load_generator.h"
#include "picture/snapshot.h"

namespace forkscope::text {

class FireKeys {
 public:
  /// Call it once per turn with the newest picture, whatever moment is shown.
  void follow(const picture::Snapshot& now);
  /// Acts on the server of the latest follow(). What to tell the user; nothing: not one of its
  /// keys.
  std::optional<std::string> press(char key);

 private:
  std::string fire(const std::string& target);
  std::string toggle_load();

  std::unique_ptr<live::ControlClient> server_;
  picture::ServerInfo info_;
  std::size_t workers_ = 0;
  load::LoadGenerator load_;
};

}  // namespace forkscope::text
