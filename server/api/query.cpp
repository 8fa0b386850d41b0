#include "api/query.h"

#include <algorithm>
#include <charconv>

namespace forkscope::api {

std::int64_t Query::integer(const std::string& name, std::int64_t otherwise, Range range) {
  const auto text = value(name);
  if (!text) return otherwise;
  std::int64_t number = 0;
  const char* end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, number);
  if (error == std::errc() && rest == end && number >= range.least && number <= range.most) {
    return number;
  }
  errors_.push_back({name, "must be a whole number from " + std::to_string(range.least) + " to " +
                               std::to_string(range.most)});
  return otherwise;
}

std::optional<bool> Query::boolean(const std::string& name) {
  const auto text = value(name);
  if (!text) return std::nullopt;
  if (*text == "true") return true;
  if (*text == "false") return false;
  errors_.push_back({name, "must be true or false"});
  return std::nullopt;
}

std::string Query::choice(const std::string& name, std::initializer_list<std::string> words) {
  const auto text = value(name);
  if (!text) return *words.begin();
  if (std::find(words.begin(), words.end(), *text) != words.end()) return *text;
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  errors_.push_back({name, "must be one of " + list});
  return *words.begin();
}

bool Query::answer_if_wrong(httplib::Response& res) const {
  if (errors_.empty()) return false;
  set_problem(res, {400, "The query has a parameter that cannot be used.", errors_});
  return true;
}

std::optional<std::string> Query::value(const std::string& name) {
  const auto [first, last] = req_.params.equal_range(name);
  if (first == last) return std::nullopt;
  if (std::next(first) != last) errors_.push_back({name, "must not be given twice"});
  return first->second;
}

}  // namespace forkscope::api
