#include "lessons/load_then_fire.h"

namespace forkscope::lessons {

namespace {

constexpr std::uint64_t kWarmUpNs = 1'000'000'000;

}  // namespace

Actions LoadThenFire::begin(const Situation& situation) {
  began_ns_ = situation.time_ns();
  fired_ = false;
  return {start_load(requests_per_second_)};
}

bool LoadThenFire::fire_when_warm(const Situation& situation, Actions& actions) {
  if (fired_ || situation.time_ns() - began_ns_ < kWarmUpNs) return false;
  fired_ = true;
  actions.push_back({.kind = ActionKind::request, .target = target_});
  return true;
}

}  // namespace forkscope::lessons
