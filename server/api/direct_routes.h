// The short way to the handlers of an application (Application::handler_of()): paths are compared,
// where cpp-httplib tries one regular expression after the other.
//
//   direct.add("/v1/todos/{id}", {{Method::get, get_todo}, {Method::put, replace_todo}});
//
// The same handlers are registered as a resource as well, for whatever asks for more: HEAD,
// OPTIONS, methods that are not possible, ids that are none.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/resource.h"

namespace forkscope::api {

class DirectRoutes {
 public:
  /// `path` may end in "{id}", which stands for an integer from 1, of up to 19 digits.
  void add(std::string_view path, const std::map<Method, httplib::Server::Handler>& handlers);

  /// Null: there is no short way. Valid until the next add().
  const httplib::Server::Handler* find(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string path;  ///< Without the "{id}".
    bool has_id = false;
    std::map<Method, httplib::Server::Handler> handlers;
  };
  std::vector<Route> routes_;
};

}  // namespace forkscope::api
