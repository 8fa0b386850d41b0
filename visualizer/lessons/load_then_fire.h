// How several lessons begin: load, and once it runs steadily one request that does the harm.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lessons/situation.h"

namespace forkscope::lessons {

class LoadThenFire {
 public:
  /// `target` of the request, as "/v1/faults/hang".
  LoadThenFire(double requests_per_second, std::string target)
      : requests_per_second_(requests_per_second), target_(std::move(target)) {}

  /// Starts the load, and everything anew.
  Actions begin(const Situation& situation);
  /// Sends the request when its time has come. True: in this picture it was sent.
  bool fire_when_warm(const Situation& situation, Actions& actions);

  bool fired() const { return fired_; }
  /// What has happened to workers since begin(), oldest first.
  std::vector<history::Incident> incidents(const Situation& situation) const {
    return incidents_since(situation, began_ns_);
  }

 private:
  double requests_per_second_;
  std::string target_;
  std::uint64_t began_ns_ = 0;
  bool fired_ = false;
};

}  // namespace forkscope::lessons
