#include "api/cors.h"

namespace forkscope::api {

gateway::HeaderFields cross_origin_fields() {
  return {{"Access-Control-Allow-Origin", "*"},
          {"Access-Control-Expose-Headers",
           "Location, ETag, Link, X-Total-Count, X-Worker, X-Worker-Pid"}};
}

void answer_preflights(httplib::Server& server) {
  using Result = httplib::Server::HandlerResponse;
  server.set_pre_routing_handler([](const httplib::Request& req, httplib::Response& res) {
    if (req.method != "OPTIONS") return Result::Unhandled;
    res.status = 204;
    res.set_header("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    // The star does not cover Authorization, and older browsers know no star.
    res.set_header("Access-Control-Allow-Headers",
                   "Authorization, Cache-Control, Content-Type, If-Match, If-None-Match, "
                   "X-Requested-With, *");
    res.set_header("Access-Control-Max-Age", "86400");
    return Result::Unhandled;  // the resource itself adds `Allow`; an unknown path stays at 204
  });
}

}  // namespace forkscope::api
