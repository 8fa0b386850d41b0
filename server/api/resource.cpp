#include "api/resource.h"

#include "api/problem.h"

namespace forkscope::api {
namespace {

constexpr Method kMethods[] = {Method::get, Method::post, Method::put, Method::patch, Method::del};

const char* name_of(Method method) {
  switch (method) {
    case Method::get: return "GET, HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
  }
  return "";
}

void add_route(httplib::Server& server, Method method, const std::string& pattern,
               const httplib::Server::Handler& handler) {
  switch (method) {
    case Method::get: server.Get(pattern, handler); break;
    case Method::post: server.Post(pattern, handler); break;
    case Method::put: server.Put(pattern, handler); break;
    case Method::patch: server.Patch(pattern, handler); break;
    case Method::del: server.Delete(pattern, handler); break;
  }
}

}  // namespace

void add_resource(httplib::Server& server, const std::string& pattern,
                  const std::map<Method, httplib::Server::Handler>& handlers) {
  std::string allow;
  for (const auto& [method, handler] : handlers) allow += std::string(name_of(method)) + ", ";
  allow += "OPTIONS";

  const auto refuse = [allow](const httplib::Request& req, httplib::Response& res) {
    res.set_header("Allow", allow);
    set_problem(res, {405, req.method + " is not possible here; use one of " + allow + ".", {}});
  };
  for (const Method method : kMethods) {
    const auto handler = handlers.find(method);
    add_route(server, method, pattern, handler == handlers.end() ? refuse : handler->second);
  }
  server.Options(pattern, [allow](const httplib::Request&, httplib::Response& res) {
    res.status = 204;
    res.set_header("Allow", allow);
  });
}

}  // namespace forkscope::api
