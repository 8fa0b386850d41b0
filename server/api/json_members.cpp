#include "api/json_members.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

namespace forkscope::api {
namespace {

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxMembers = 64;
constexpr std::int64_t kMaxLiteral = std::int64_t{1} << 40;  // characters; no body is that long

/// The integer that a number is, however it is written: 2, 2.0, 20e-1 and 0.2e1 are the same for
/// JSON Schema (draft 2020-12, validation, section 6.1.1). By its digits, because a double has too
/// few.
std::optional<std::int64_t> integer_of(std::string_view literal) {
  const bool is_negative = literal.starts_with('-');
  if (is_negative) literal.remove_prefix(1);
  const std::size_t exponent_at = std::min(literal.find_first_of("eE"), literal.size());
  std::string digits(literal.substr(0, exponent_at));
  literal.remove_prefix(std::min(exponent_at + 1, literal.size()));
  if (literal.starts_with('+')) literal.remove_prefix(1);

  std::int64_t scale = 0;  // the number is `digits` and so many zeros
  if (const std::size_t point = digits.find('.'); point != digits.npos) {
    digits.erase(point, 1);
    scale = -static_cast<std::int64_t>(digits.size() - point);
  }
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.empty()) return 0;
  while (digits.ends_with('0')) {
    digits.pop_back();
    ++scale;
  }
  std::int64_t exponent = 0;
  const auto parsed = std::from_chars(literal.data(), literal.data() + literal.size(), exponent);
  if (parsed.ec == std::errc::result_out_of_range) return std::nullopt;
  constexpr std::int64_t kMostDigits = 19;
  if (std::abs(exponent) > kMaxLiteral || exponent + scale < 0 ||
      exponent + scale > kMostDigits - static_cast<std::int64_t>(digits.size())) {
    return std::nullopt;
  }
  digits.append(static_cast<std::size_t>(exponent + scale), '0');
  if (is_negative) digits.insert(0, 1, '-');
  std::int64_t number = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return result.ec == std::errc() ? std::optional(number) : std::nullopt;
}

/// nlohmann's parser reports here what it meets; false makes it stop.
class MemberReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return value(nullptr); }
  bool boolean(bool flag) override { return value(flag); }
  bool number_integer(number_integer_t number) override { return value(std::int64_t{number}); }
  bool number_unsigned(number_unsigned_t number) override {
    if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return value(OtherJson{});
    return value(static_cast<std::int64_t>(number));
  }
  bool number_float(number_float_t, const string_t& literal) override {
    const auto integer = integer_of(literal);
    return integer ? value(*integer) : value(OtherJson{});
  }
  bool string(string_t& text) override { return value(std::move(text)); }
  bool binary(binary_t&) override { return value(OtherJson{}); }

  bool start_object(std::size_t) override { return start(); }
  bool start_array(std::size_t) override { return depth_ == 0 ? stop(kNotAnObject) : start(); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool key(string_t& name) override {
    if (depth_ > 1) return true;
    if (members.size() == kMaxMembers) return stop("The body has too many members.");
    members.emplace_back(std::move(name), OtherJson{});
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& cause) override {
    constexpr int kNumberOverflow = 406;  // nlohmann's id: a number beyond what a double can hold
    if (cause.id == kNumberOverflow) return stop("The body has a number that is out of range.");
    return stop("The body is not valid JSON: there is an error at byte " +
                std::to_string(position) + ".");
  }

  JsonMembers members;
  std::string error;

 private:
  static constexpr const char* kNotAnObject = "The body must be a JSON object.";

  bool value(JsonValue value) {
    if (depth_ == 0) return stop(kNotAnObject);
    if (depth_ == 1) members.back().second = std::move(value);
    return true;
  }
  bool start() {
    if (++depth_ > kMaxDepth) return stop("The body is nested too deeply.");
    return true;
  }
  bool end() {
    --depth_;
    return true;
  }
  bool stop(const std::string& reason) {
    error = reason;
    return false;
  }

  int depth_ = 0;
};

}  // namespace

std::variant<JsonMembers, std::string> read_json_members(std::string_view text) {
  // nlohmann's parser takes a NUL for the end of the text, and would not look at what follows.
  if (text.find('\0') != std::string_view::npos) {
    return "The body is not valid JSON: there is a NUL byte in it.";
  }
  MemberReader reader;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &reader)) return reader.error;
  return std::move(reader.members);
}

}  // namespace forkscope::api
