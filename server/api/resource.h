// A path and what can be done with it.
//
//   add_resource(server, "/v1/todos", {{Method::get, list}, {Method::post, create}});
//
// registers the handlers, an OPTIONS that lists them, and a 405 for every other method: both carry
// `Allow` (RFC 9110, section 10.2.1). HEAD works wherever GET does.
#pragma once

#include <httplib.h>

#include <map>
#include <string>

namespace forkscope::api {

enum class Method { get, post, put, patch, del };

/// `pattern` is cpp-httplib's: a regular expression for the whole path. Keep it simple, since
/// std::regex is slow and recursive; repetitions need an upper bound.
void add_resource(httplib::Server& server, const std::string& pattern,
                  const std::map<Method, httplib::Server::Handler>& handlers);

}  // namespace forkscope::api
