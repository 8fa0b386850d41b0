// Error responses: RFC 9457, "Problem Details for HTTP APIs".
#pragma once

#include <httplib.h>

#include <string>
#include <vector>

#include "store/store_error.h"

namespace forkscope::api {

/// What is wrong with one member of the body, or with one parameter of the query.
struct FieldError {
  std::string field;
  std::string detail;
};

struct Problem {
  int status = 500;
  std::string detail;  ///< One sentence for the client's developer.
  std::vector<FieldError> errors;
};

/// {"title": …, "status": …, "detail": …, "errors": […]}; the title is the status in words.
void set_problem(httplib::Response& res, const Problem& problem);

/// 507 for a full disk, 503 otherwise.
int http_status(store::StoreError::Kind kind);
void set_problem(httplib::Response& res, const store::StoreError& error);

/// Gives a body to every error response that has none, such as the 404 of an unknown path.
void explain_errors(httplib::Server& server);

}  // namespace forkscope::api
