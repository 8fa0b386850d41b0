// Cross-origin access for every page of the web: the API keeps no secrets and knows no cookies.
// WHATWG Fetch standard, section 3.2, "CORS protocol".
#pragma once

#include <httplib.h>

#include "application/application.h"

namespace forkscope::api {

/// What every response says, errors included.
gateway::HeaderFields cross_origin_fields();

/// Answers OPTIONS on any path with 204, as a browser's preflight wants it.
void answer_preflights(httplib::Server& server);

}  // namespace forkscope::api
