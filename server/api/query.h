// The query of a request, read strictly: what is wrong with it is collected, and answered with 400.
//
//   Query query(req);
//   const auto limit = query.integer("limit", 100, {1, 1000});
//   if (query.answer_if_wrong(res)) return;
//
// Unknown parameters are ignored, as browsers and caches add their own.
#pragma once

#include <httplib.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "api/problem.h"

namespace forkscope::api {

class Query {
 public:
  explicit Query(const httplib::Request& req) : req_(req) {}

  struct Range {
    std::int64_t least;
    std::int64_t most;
  };
  std::int64_t integer(const std::string& name, std::int64_t otherwise, Range range);
  /// "true" or "false"; nothing when it is not there.
  std::optional<bool> boolean(const std::string& name);
  /// One of `words`; the first of them when it is not there.
  std::string choice(const std::string& name, std::initializer_list<std::string> words);

  /// True: something was wrong, and `res` says what.
  bool answer_if_wrong(httplib::Response& res) const;

 private:
  std::optional<std::string> value(const std::string& name);

  const httplib::Request& req_;
  std::vector<FieldError> errors_;
};

}  // namespace forkscope::api
