#include "support/http_client.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace forkscope::support {

namespace {

std::size_t parse_size(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::runtime_error("not a size: " + std::string(text));
  }
  return value;
}

std::pair<std::string, std::string> parse_header(const std::string& line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) throw std::runtime_error("not a header: " + line);
  std::string name = line.substr(0, colon);
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t value = line.find_first_not_of(" \t", colon + 1);
  return {name, value == std::string::npos ? "" : line.substr(value)};
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, [](const auto& h) { return h.first; });
  return found == headers.end() ? "" : found->second;
}

HttpConnection::HttpConnection(std::uint16_t port, std::chrono::milliseconds timeout)
    : socket_(StreamSocket::connect_loopback(port)), timeout_(timeout) {}

StreamSocket::Clock::time_point HttpConnection::deadline() const {
  return StreamSocket::Clock::now() + timeout_;
}

void HttpConnection::send(std::string_view bytes) { socket_.send(bytes, deadline()); }

void HttpConnection::send_request(std::string_view method, std::string_view target,
                                  std::string_view body, std::string_view more_headers) {
  std::string request;
  request.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
  if (!body.empty()) {
    request += "Content-Type: application/json\r\nContent-Length: ";
    request += std::to_string(body.size()) + "\r\n";
  }
  request.append(more_headers).append("\r\n").append(body);
  send(request);
}

// RFC 9112, section 6.3, in the order in which it decides how long the body is.
HttpResponse HttpConnection::read_response(Body body) {
  read_deadline_ = deadline();
  HttpResponse response;
  const std::string status_line = take_line();
  if (!status_line.starts_with("HTTP/1.1 ") || status_line.size() < 12) {
    throw std::runtime_error("not a status line: " + status_line);
  }
  response.status = static_cast<int>(parse_size(status_line.substr(9, 3), 10));
  for (std::string line = take_line(); !line.empty(); line = take_line()) {
    response.headers.push_back(parse_header(line));
  }
  if (body == Body::kNone || has_no_body(response.status)) return response;
  if (response.header("transfer-encoding") == "chunked") {
    response.body = take_chunks();
  } else if (const std::string length = response.header("content-length"); !length.empty()) {
    response.body = take(parse_size(length, 10));
  } else {
    while (socket_.receive(buffer_, read_deadline_)) {
    }
    response.body = std::exchange(buffer_, {});
  }
  return response;
}

bool HttpConnection::is_closed_by_peer() {
  try {
    return buffer_.empty() && !socket_.receive(buffer_, deadline());
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::connection_reset) return false;
    throw;
  }
}

void HttpConnection::receive_more() {
  if (!socket_.receive(buffer_, read_deadline_)) {
    throw std::system_error(std::make_error_code(std::errc::connection_reset),
                            "closed within a response, after: " + buffer_);
  }
}

std::string HttpConnection::take_line() {
  std::size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos) receive_more();
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

std::string HttpConnection::take(std::size_t size) {
  while (buffer_.size() < size) receive_more();
  std::string bytes = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return bytes;
}

std::string HttpConnection::take_chunks() {
  std::string body;
  while (const std::size_t size = parse_size(take_line(), 16)) {
    body += take(size);
    if (!take_line().empty()) throw std::runtime_error("a chunk longer than its size");
  }
  while (!take_line().empty()) {
  }
  return body;
}

HttpResponse http_request(std::uint16_t port, std::string_view method, std::string_view target,
                          std::string_view body, std::string_view more_headers,
                          std::chrono::milliseconds timeout) {
  HttpConnection connection(port, timeout);
  connection.send_request(method, target, body,
                          "Connection: close\r\n" + std::string(more_headers));
  return connection.read_response(method == "HEAD" ? Body::kNone : Body::kAsFramed);
}

}  // namespace forkscope::support
