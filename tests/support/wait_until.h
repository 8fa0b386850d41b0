// Waiting for something to become true, with a deadline: what tests do instead of sleeping.
#pragma once

#include <chrono>
#include <thread>

namespace forkscope::support {

/// Polls `condition` every two milliseconds. False when it did not become true within `timeout`.
template <typename Condition>
bool wait_until(Condition condition, std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

/// Lets time pass, for tests that show that nothing happens in it: there is nothing to wait for,
/// and each says so. As short as what must not happen allows.
inline void pass(std::chrono::milliseconds duration) { std::this_thread::sleep_for(duration); }

}  // namespace forkscope::support
