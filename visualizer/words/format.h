// Figures as people read them from a wall.
#pragma once

#include <cstdint>
#include <string>

#include "picture/time_zone.h"

namespace forkscope::words {

std::string grouped(std::uint64_t value);  ///< "12,904"
std::string compact(double value);         ///< "7", "850", "6.1k", "41.2k", "1.2M"
std::string percent(double share);         ///< 0.914 → "91 %"
std::string hundredths(double value);      ///< 0.966 → "0.97"
/// Seconds with one decimal, for figures that count: their width and unit do not change.
std::string counting_seconds(std::uint64_t ns);
/// Time of day, "12:04:31".
std::string clock_time(std::int64_t wall_clock_ns, const picture::TimeZone& zone);
/// Seconds east of UTC at a moment, by this machine's time zone.
std::int32_t utc_offset_s(std::int64_t wall_clock_ns);
/// The noun alone, for so many: "worker", "workers".
std::string plural(std::uint64_t count, const char* noun);
/// "1 worker", "8 workers".
std::string counted(std::uint64_t count, const char* noun);
/// "1st", "2nd", "3rd", "4th", "11th", "21st".
std::string ordinal(std::uint64_t number);

}  // namespace forkscope::words
