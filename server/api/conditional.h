// Conditional requests: RFC 9110, section 13.
#pragma once

#include <httplib.h>

#include <string>

namespace forkscope::api {

/// A strong validator: a hash of the representation's bytes.
std::string etag_of(const std::string& body);

/// 200 with `body` and its ETag, or 304 where If-None-Match says that the client has it.
void answer_get(const httplib::Request& req, httplib::Response& res, const std::string& body,
                const char* type = "application/json");

/// Whether If-Match and If-None-Match permit to change what is now represented by `body`.
/// If not, `res` is a 412.
bool may_change(const httplib::Request& req, httplib::Response& res, const std::string& body);

}  // namespace forkscope::api
