// Faults on demand: what failover is shown and tested with. Real ones, on the worker's only thread.
#pragma once

#include <httplib.h>

namespace forkscope::api {

/// GET or POST (a browser tab can fire one):
///   /v1/faults/hang?mode=spin|sleep             never returns
///   /v1/faults/crash?how=segv|abort|throw|exit  `throw` costs one request, the others the worker
///   /v1/faults/work?ms=N                        burns N ms of CPU time
///   /v1/faults/slow?ms=N                        sleeps N ms
/// 403 where nobody has asked for it (intent.h): a browser that guesses, a page of another site.
void add_fault_routes(httplib::Server& server);

}  // namespace forkscope::api
