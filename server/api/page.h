// The page for people at `/`, and the description of the API for programs. Served from memory.
//
//   GET /                      what this is, live, in a browser; its script calls the API as any
//                              client does
//   GET /page.css, /page.js, /words.js
//                              what the page is made of
//   GET /v1/openapi.json       OpenAPI 3.1
#pragma once

#include <httplib.h>

namespace forkscope::api {

void add_page_routes(httplib::Server& server);

}  // namespace forkscope::api
