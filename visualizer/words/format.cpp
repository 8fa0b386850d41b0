#include "words/format.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace forkscope::words {

namespace {

std::string decimal(double value, int digits, const char* unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*f%s", digits, value, unit);
  return text.data();
}

}  // namespace

std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return text;
}

std::string compact(double value) {
  if (value < 999.5) return decimal(value, value > 0 && value < 9.95 ? 1 : 0, "");
  if (value < 999'500) return decimal(value / 1e3, value < 99'950 ? 1 : 0, "k");
  return decimal(value / 1e6, 1, "M");
}

std::string percent(double share) { return decimal(share * 100, 0, " %"); }

std::string hundredths(double value) { return decimal(value, 2, ""); }

std::string counting_seconds(std::uint64_t ns) {
  return decimal(std::floor(static_cast<double>(ns) / 1e8) / 10, 1, " s");
}

std::string clock_time(std::int64_t wall_clock_ns, const picture::TimeZone& zone) {
  const std::time_t seconds = wall_clock_ns / 1'000'000'000 + zone.utc_offset_s.value_or(0);
  std::tm time{};
  zone.utc_offset_s ? gmtime_r(&seconds, &time) : localtime_r(&seconds, &time);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%H:%M:%S", &time);
  return text.data();
}

std::int32_t utc_offset_s(std::int64_t wall_clock_ns) {
  const std::time_t seconds = wall_clock_ns / 1'000'000'000;
  std::tm local{};
  localtime_r(&seconds, &local);
  return static_cast<std::int32_t>(local.tm_gmtoff);
}

std::string plural(std::uint64_t count, const char* noun) {
  return std::string(noun) + (count == 1 ? "" : "s");
}

std::string counted(std::uint64_t count, const char* noun) {
  return grouped(count) + " " + plural(count, noun);
}

std::string ordinal(std::uint64_t number) {
  constexpr std::array<const char*, 4> kEndings{"th", "st", "nd", "rd"};
  const bool is_teen = number / 10 % 10 == 1;  // eleventh, twelfth, thirteenth
  const std::uint64_t digit = number % 10;
  return grouped(number) + (is_teen || digit >= kEndings.size() ? "th" : kEndings[digit]);
}

}  // namespace forkscope::words
