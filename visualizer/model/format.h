// Figures as people read them from a wall.
#pragma once

#include <cstdint>
#include <string>

namespace forkscope::model {

std::string grouped(std::uint64_t value);  ///< "12,904"
std::string compact(double value);         ///< "7", "850", "6.1k", "41.2k", "1.2M"
std::string percent(double share);         ///< 0.914 → "91 %"
/// Seconds with one decimal, for figures that count: their width and unit do not change.
std::string counting_seconds(std::uint64_t ns);
std::string clock_time(std::int64_t wall_clock_ns);  ///< Local time of day, "12:04:31".
/// "1 worker", "8 workers".
std::string counted(std::uint64_t count, const char* noun);

}  // namespace forkscope::model
