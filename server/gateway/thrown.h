// What a handler has thrown and nobody has taken, for whoever tells people of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace forkscope::gateway {

struct Thrown {
  std::uint64_t request = 0;  ///< Its number in telemetry, where it has been counted by now.
  std::string_view method = {};
  std::string_view path = {};  ///< Without the query.
  std::string_view what = {};  ///< One line for people.
};

using ThrownTo = std::function<void(const Thrown& thrown)>;

}  // namespace forkscope::gateway
