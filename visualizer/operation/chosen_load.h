// The load generator, and what the user has chosen for it.
//
// Owns the generator. Nothing here waits for the server (load_generator.h). Main thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "load/load_generator.h"
#include "operation/wish.h"

namespace forkscope::operation {

class ChosenLoad {
 public:
  /// Stops what runs: it belongs to the server before.
  void aim_at(const std::string& host, std::uint16_t port);
  /// As many connections as suit so many workers, while nothing runs and until the user has chosen
  /// how many.
  void suit(std::size_t workers);
  void change(LoadSetting setting);

  /// With what the user has chosen.
  void start();
  /// With GETs alone, and these figures.
  void start(double requests_per_second, std::uint32_t connections);
  void stop();
  /// Takes in how far it has come.
  void poll();

  const load::LoadOptions& options() const { return options_; }
  /// As of the latest of the calls above.
  const load::LoadStatus& status() const { return status_; }

 private:
  load::LoadGenerator generator_;
  load::LoadOptions options_ = load::moderate_load(0);
  load::LoadStatus status_;
  bool own_connections_ = false;  // the user has chosen how many
};

}  // namespace forkscope::operation
