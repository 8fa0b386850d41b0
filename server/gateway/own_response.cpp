#include "gateway/own_response.h"

#include <nlohmann/json.hpp>

namespace forkscope::gateway {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Error";
  }
}

std::string problem_body(int status, std::string_view detail) {
  const nlohmann::ordered_json problem = {
      {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}};
  return problem.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string common_lines(const WorkerIdentity& worker, const HeaderFields& common_fields) {
  std::string lines;
  for (const auto& [name, value] : common_fields) lines += name + ": " + value + "\r\n";
  lines += "X-Worker: " + std::to_string(worker.number) + "\r\n";
  lines += "X-Worker-Pid: " + std::to_string(worker.pid) + "\r\n";
  return lines;
}

std::string problem_response(int status, std::string_view detail, AfterResponse after,
                             std::string_view date, std::string_view lines) {
  const std::string body = problem_body(status, detail);
  std::string response = "HTTP/1.1 " + std::to_string(status) + " ";
  response.append(reason_phrase(status))
      .append("\r\nContent-Type: application/problem+json\r\nContent-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\nDate: ")
      .append(date)
      .append("\r\n")
      .append(lines);
  if (after == AfterResponse::close) response.append("Connection: close\r\n");
  return response.append("\r\n").append(body);
}

}  // namespace forkscope::gateway
