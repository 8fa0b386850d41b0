#include "api/problem.h"

#include <nlohmann/json.hpp>

#include "http/reason_phrase.h"

namespace forkscope::api {

void set_problem(httplib::Response& res, const Problem& problem) {
  nlohmann::ordered_json body = {{"title", http::reason_phrase(problem.status)},
                                 {"status", problem.status},
                                 {"detail", problem.detail}};
  for (const FieldError& error : problem.errors) {
    body["errors"].push_back({{"field", error.field}, {"detail", error.detail}});
  }
  // What a client sent may be quoted in it, and need not be UTF-8.
  constexpr auto replace = nlohmann::ordered_json::error_handler_t::replace;
  res.status = problem.status;
  res.set_content(body.dump(-1, ' ', false, replace), "application/problem+json");
}

int http_status(store::StoreError::Kind kind) {
  return kind == store::StoreError::Kind::disk_full ? 507 : 503;
}

void set_problem(httplib::Response& res, const store::StoreError& error) {
  set_problem(res, {http_status(error.kind()), error.what(), {}});
}

void explain_errors(httplib::Server& server) {
  const httplib::Server::Handler explain = [](const httplib::Request& req, httplib::Response& res) {
    if (!res.body.empty()) return;
    const std::string detail = res.status == 404 ? "There is nothing at " + req.path + "."
                                                 : "The request could not be served.";
    set_problem(res, {res.status, detail, {}});
  };
  server.set_error_handler(explain);
}

}  // namespace forkscope::api
