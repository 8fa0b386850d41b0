// The load generator, and what the user has chosen for it.
//
// Owns the generator. Nothing here waits for the server (load_generator.h). Main thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "load/load_generator.h"
#include "operation/wish.h"
#include "picture/offer.h"

namespace forkscope::operation {

class ChosenLoad {
 public:
  /// Stops what runs: it belongs to the server before.
  void aim_at(const std::string& host, std::uint16_t port);
  /// As many connections as suit so many workers, while nothing runs and until the user has chosen
  /// how many.
  void suit(std::size_t workers);
  /// What the server can be asked for: its todos, unless it has none, and what it has `answered`.
  /// What is asked for stays as long as it is one of these; but a POST that the user has not chosen
  /// gives way to what can be got: posted once, it may not be welcome thousands of times.
  void offer(const picture::Offer& offer, const std::vector<load::Target>& answered);
  /// Whether there is anything to ask the server for. start() needs that.
  bool has_target() const { return !targets_.empty(); }
  /// Whether POSTs of todos may be among what is sent.
  bool has_posts() const;
  void change(LoadSetting setting);

  /// With what the user has chosen.
  void start();
  /// With GETs alone where there is anything to get, and these figures.
  void start(const StartLoad& wanted);
  void stop();
  /// Takes in how far it has come.
  void poll();

  /// Its share of POSTs is for where there can be any: see has_posts().
  const load::LoadOptions& options() const { return options_; }
  /// As of the latest of the calls above.
  const load::LoadStatus& status() const { return status_; }

 private:
  /// Only where there is a target.
  const load::Target& first_choice() const;

  load::LoadGenerator generator_;
  load::LoadOptions options_ = load::moderate_load(0);
  load::LoadStatus status_;
  std::vector<load::Target> targets_{load::Target{}};
  bool can_post_ = true;          // todos, for all that is known
  bool own_connections_ = false;  // the user has chosen how many
  bool own_target_ = false;
};

}  // namespace forkscope::operation
