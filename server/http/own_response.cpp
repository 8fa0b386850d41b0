#include "http/own_response.h"

#include <nlohmann/json.hpp>

#include "http/reason_phrase.h"

namespace forkscope::http {

std::string problem_body(int status, std::string_view detail) {
  const nlohmann::ordered_json problem = {
      {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}};
  return problem.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string problem_response(int status, std::string_view detail, std::string_view date,
                             std::string_view lines) {
  const std::string body = problem_body(status, detail);
  std::string response = "HTTP/1.1 " + std::to_string(status) + " ";
  response.append(reason_phrase(status))
      .append("\r\nContent-Type: application/problem+json\r\nContent-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\nDate: ")
      .append(date)
      .append("\r\n")
      .append(lines)
      .append("\r\n")
      .append(body);
  return response;
}

}  // namespace forkscope::http
