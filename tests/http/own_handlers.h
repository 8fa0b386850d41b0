// An application as its author would write it for cpp-httplib alone, with a handler of every kind.
//
// Nothing in it knows of this server. handlers_server.cpp serves it with ours;
// own_handlers_test.cpp with cpp-httplib's own listen(), and compares.
#pragma once

#include <httplib.h>

namespace forkscope::http {

void add_routes_and_handlers(httplib::Server& server);

}  // namespace forkscope::http
