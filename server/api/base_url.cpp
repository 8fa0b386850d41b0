#include "api/base_url.h"

namespace forkscope::api {

std::string base_url(const httplib::Request& req) {
  const std::string host = req.get_header_value("Host");
  std::string prefix = req.get_header_value("X-Forwarded-Prefix");
  if (host.empty()) return prefix;
  const bool is_https = req.get_header_value("X-Forwarded-Proto") == "https";
  return (is_https ? "https://" : "http://") + host + prefix;
}

}  // namespace forkscope::api
