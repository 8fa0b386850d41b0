#include "load/response_framer.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace forkscope::load {

namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() && ::strncasecmp(left.data(), right.data(), left.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

ResponseFramer::Result ResponseFramer::take(std::string_view& bytes) {
  if (!in_body_) {
    // The end of the head may straddle two reads: look from a little before the new bytes.
    const std::size_t before = head_.size();
    head_.append(bytes.substr(0, kMaxHeadBytes));
    const std::size_t end = head_.find(kHeadEnd, before > 3 ? before - 3 : 0);
    if (end == std::string::npos) {
      bytes = {};
      return head_.size() < kMaxHeadBytes ? Result::incomplete : Result::malformed;
    }
    bytes.remove_prefix(end + kHeadEnd.size() - before);
    head_.resize(end + 2);  // every line with its own end
    if (parse_head() == Result::malformed) return Result::malformed;
    in_body_ = true;
  }
  const std::uint64_t taken = std::min<std::uint64_t>(body_left_, bytes.size());
  bytes.remove_prefix(taken);
  body_left_ -= taken;
  if (body_left_ > 0) return Result::incomplete;
  in_body_ = false;
  head_.clear();
  return Result::complete;
}

ResponseFramer::Result ResponseFramer::parse_head() {
  std::string_view rest = head_;
  const std::string_view status_line = rest.substr(0, rest.find("\r\n"));
  rest.remove_prefix(status_line.size() + 2);
  // HTTP-version SP status-code SP …
  if (!status_line.starts_with("HTTP/1.") || status_line.size() < 12 ||
      !parse_number(status_line.substr(9, 3), status_)) {
    return Result::malformed;
  }
  keep_alive_ = status_line[7] == '1';
  body_left_ = 0;
  worker_ = 0;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    if (!parse_field(line)) return Result::malformed;
  }
  // An interim response never ends a request; nothing here asks for one.
  if (status_ < 200) return Result::malformed;
  if (status_ == 204 || status_ == 304) body_left_ = 0;
  return Result::complete;
}

bool ResponseFramer::parse_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (equal_ignoring_case(name, "content-length")) return parse_number(value, body_left_);
  if (equal_ignoring_case(name, "x-worker")) parse_number(value, worker_);
  if (equal_ignoring_case(name, "connection") && equal_ignoring_case(value, "close")) {
    keep_alive_ = false;
  }
  return !equal_ignoring_case(name, "transfer-encoding");  // not understood here
}

}  // namespace forkscope::load
