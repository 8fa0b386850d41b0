#include "recording/moment.h"

#include <array>
#include <charconv>
#include <cmath>

namespace forkscope::recording {

namespace {

constexpr double kSecond = 1e9;
constexpr double kLongest = 1e7 * kSecond;  // 115 days

/// "12", "12.5": digits and perhaps a fraction, nothing else. Negative: not understood.
double number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return -1;
  double value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : -1;
}

/// "1:05.5" with one colon, "12:04:31" with two; in seconds.
double clock(std::string_view text) {
  double seconds = 0;
  for (;;) {
    const std::size_t colon = text.find(':');
    const double part = number(text.substr(0, colon));
    const bool last = colon == std::string_view::npos;
    if (part < 0 || (!last && part != std::floor(part))) return -1;
    if (last) return part < 60 ? seconds * 60 + part : -1;
    seconds = seconds * 60 + part;
    text.remove_prefix(colon + 1);
  }
}

double with_unit(std::string_view text) {
  struct Unit {
    std::string_view name;
    double ns;
  };
  static constexpr std::array<Unit, 3> kUnits{{{"ms", 1e6}, {"s", kSecond}, {"m", 60 * kSecond}}};
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    return number(text.substr(0, text.size() - unit.name.size())) * unit.ns;
  }
  return number(text) * kSecond;
}

}  // namespace

std::optional<Moment> parse_moment(std::string_view text) {
  Moment moment;
  if (text == "end") return Moment{Moment::From::end, 0};
  if (text.starts_with('-')) {
    moment.from = Moment::From::end;
    text.remove_prefix(1);
  }
  double ns = -1;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    ns = with_unit(text);
  } else {
    ns = clock(text) * kSecond;
    if (text.find(':', colon + 1) != std::string_view::npos) {
      if (moment.from == Moment::From::end || ns >= 24 * 3600 * kSecond) return std::nullopt;
      moment.from = Moment::From::midnight;
    }
  }
  if (!(ns >= 0) || ns > kLongest) return std::nullopt;
  moment.distance_ns = static_cast<std::uint64_t>(std::llround(ns));
  return moment;
}

}  // namespace forkscope::recording
