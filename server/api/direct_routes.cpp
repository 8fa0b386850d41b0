#include "api/direct_routes.h"

#include <algorithm>
#include <optional>

#include "http/syntax.h"

namespace forkscope::api {
namespace {

constexpr std::string_view kId = "{id}";
constexpr std::size_t kMaxIdDigits = 19;

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdDigits && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), http::is_digit);
}

std::optional<Method> method_of(std::string_view name) {
  if (name == "GET") return Method::get;
  if (name == "POST") return Method::post;
  if (name == "PUT") return Method::put;
  if (name == "PATCH") return Method::patch;
  if (name == "DELETE") return Method::del;
  return std::nullopt;
}

}  // namespace

void DirectRoutes::add(std::string_view path,
                       const std::map<Method, httplib::Server::Handler>& handlers) {
  const bool has_id = path.ends_with(kId);
  if (has_id) path.remove_suffix(kId.size());
  routes_.push_back({std::string(path), has_id, handlers});
}

const httplib::Server::Handler* DirectRoutes::find(std::string_view method,
                                                   std::string_view path) const {
  const auto wanted = method_of(method);
  if (!wanted) return nullptr;
  for (const Route& route : routes_) {
    const bool fits = route.has_id
                          ? path.starts_with(route.path) && is_id(path.substr(route.path.size()))
                          : path == route.path;
    if (!fits) continue;
    const auto handler = route.handlers.find(*wanted);
    return handler == route.handlers.end() ? nullptr : &handler->second;
  }
  return nullptr;
}

}  // namespace forkscope::api
