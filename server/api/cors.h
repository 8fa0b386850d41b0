// Cross-origin access for every page of the web: the API keeps no secrets and knows no cookies.
// WHATWG Fetch standard, section 3.2, "CORS protocol".
#pragma once

#include <httplib.h>

namespace forkscope::api {

/// Adds the CORS headers to every response, errors included, and answers OPTIONS on any path
/// with 204, as a browser's preflight wants it.
void allow_cross_origin(httplib::Server& server);

}  // namespace forkscope::api
