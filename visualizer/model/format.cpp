#include "model/format.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace forkscope::model {

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

std::string counting_seconds(std::uint64_t ns) {
  return decimal(std::floor(static_cast<double>(ns) / 1e8) / 10, 1, " s");
}

std::string clock_time(std::int64_t wall_clock_ns) {
  const std::time_t seconds = wall_clock_ns / 1'000'000'000;
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
  return text.data();
}

std::string counted(std::uint64_t count, const char* noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace forkscope::model
