#include "api/intent.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "api/problem.h"

namespace forkscope::api {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_guess(const httplib::Request& req) {
  for (const char* name : {"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"}) {
    const std::string purpose = lower(req.get_header_value(name));
    for (const char* guess : {"prefetch", "prerender", "preview"}) {
      if (purpose.find(guess) != purpose.npos) return true;
    }
  }
  return false;
}

/// Whether a URL, or an origin, leads to the host that the client has asked.
bool is_here(const std::string& url, const httplib::Request& req) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == url.npos) return false;  // "null", for instance
  const std::size_t begin = scheme_end + 3;
  const std::string authority = url.substr(begin, url.find('/', begin) - begin);
  return lower(authority) == lower(req.get_header_value("Host"));
}

bool comes_from_elsewhere(const httplib::Request& req) {
  const std::string site = lower(req.get_header_value("Sec-Fetch-Site"));
  if (!site.empty()) return site != "same-origin" && site != "none";
  for (const char* name : {"Origin", "Referer"}) {
    if (req.has_header(name)) return !is_here(req.get_header_value(name), req);
  }
  return false;
}

/// In one sentence; empty if it was meant.
std::string why_not_meant(const httplib::Request& req) {
  if (req.method == "HEAD") return "HEAD asks about it; GET and POST do it.";
  if (is_guess(req)) return "Your browser has only guessed that you would want this.";
  if (comes_from_elsewhere(req)) {
    return "A page of another site has asked for this; type the address, or use this server's "
           "page.";
  }
  return "";
}

}  // namespace

bool answer_if_not_meant(const httplib::Request& req, httplib::Response& res) {
  const std::string reason = why_not_meant(req);
  if (!reason.empty()) set_problem(res, {403, reason, {}});
  return !reason.empty();
}

}  // namespace forkscope::api
