#include "api/conditional.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "api/problem.h"
#include "forkscope/telemetry/fnv.h"

namespace forkscope::api {
namespace {

enum class Comparison { weak, strong };

/// Whether `etag` is in a list of entity tags, or the list is `*`. The tags that this server gives
/// out contain neither commas nor quotes, so commas separate. RFC 9110, section 8.8.3.2: a strong
/// comparison never matches a weak tag.
bool is_listed(std::string_view list, std::string_view etag, Comparison comparison) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view tag = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (tag.starts_with(' ') || tag.starts_with('\t')) tag.remove_prefix(1);
    while (tag.ends_with(' ') || tag.ends_with('\t')) tag.remove_suffix(1);
    if (comparison == Comparison::weak && tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag || tag == "*") return true;
  }
  return false;
}

}  // namespace

std::string etag_of(const std::string& body) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kNibbles = 16;
  std::uint64_t hash = telemetry::fnv1a(body);
  std::string etag(1 + kNibbles + 1, '"');
  for (std::size_t at = kNibbles; at > 0; --at, hash >>= 4) etag[at] = kDigits[hash & 0xf];
  return etag;
}

void answer_get(const httplib::Request& req, httplib::Response& res, const std::string& body,
                const char* type) {
  const std::string etag = etag_of(body);
  res.set_header("ETag", etag);
  res.set_header("Cache-Control", "no-cache");  // keep it, but ask before each use
  if (is_listed(req.get_header_value("If-None-Match"), etag, Comparison::weak)) {
    res.status = 304;
  } else {
    res.set_content(body, type);
  }
}

bool may_change(const httplib::Request& req, httplib::Response& res, const std::string& body) {
  const std::string etag = etag_of(body);
  if (req.has_header("If-Match")) {
    if (is_listed(req.get_header_value("If-Match"), etag, Comparison::strong)) return true;
    set_problem(res, {412, "It has changed since you read it.", {}});
    return false;
  }
  if (is_listed(req.get_header_value("If-None-Match"), etag, Comparison::weak)) {
    set_problem(res, {412, "It is what If-None-Match excludes.", {}});
    return false;
  }
  return true;
}

}  // namespace forkscope::api
