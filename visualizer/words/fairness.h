// What is said of how evenly the requests are spread: of which while, among whom, and how it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "history/history.h"

namespace forkscope::words {

/// Requests per second; with fewer, each one is shown by itself.
inline constexpr double kFewRequests = 40;

/// Shares are of the same second as the rates beside them. Of few requests a second says nothing:
/// then they are of ten.
std::uint64_t share_window_ns(double requests_per_second);

/// "fair: 0.97 (1 = even)", "fair without worker 3: 0.97 (1 = even)", "fair among the 2 that could
/// serve: 0.97 (1 = even)", and the same shorter, longest first. Empty where there is nothing to
/// compare, or too few requests for it.
std::vector<std::string> fairness_texts(const history::Evenness& evenness);

}  // namespace forkscope::words
