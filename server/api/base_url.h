// Where this server is, in the eyes of the client: what URLs begin with.
#pragma once

#include <httplib.h>

#include <string>

namespace forkscope::api {

/// "https://example.org/prefix": scheme and prefix are those of a trusted proxy, in front of which
/// the client stands. The gateway has checked all three, and lets nobody else set them
/// (http/forwarded_fields.h). Only the prefix where the client named no host, which HTTP/1.0
/// clients need not do.
std::string base_url(const httplib::Request& req);

}  // namespace forkscope::api
