// The page for people at `/`, and the description of the API for programs. Served from memory.
//
//   GET /                 what this is, live, in a browser; its script calls the API like any
//   client GET /page.css, /page.js GET /v1/openapi.json  OpenAPI 3.1
#pragma once

#include <httplib.h>

namespace forkscope::api {

void add_page_routes(httplib::Server& server);

}  // namespace forkscope::api
