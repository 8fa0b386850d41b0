// An HTTP client that sends exactly the bytes it is told to, also wrong ones, and reads exactly
// one response at a time. No retries, no redirects, no pooling.
//
// Throws std::system_error for the socket's errors, passed deadlines (ETIMEDOUT) and a response
// that does not come or ends in its middle (ECONNRESET), and std::runtime_error for what is not an
// HTTP response.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/stream_socket.h"

namespace forkscope::support {

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< In order, names in lower case.
  std::string body;                                          ///< Without chunked framing.

  /// Empty where there is no such header. `name` in lower case.
  std::string header(std::string_view name) const;
};

enum class Body { kAsFramed, kNone /* the answer to HEAD */ };

class HttpConnection {
 public:
  /// `timeout` bounds each call, not the connection.
  explicit HttpConnection(std::uint16_t port,
                          std::chrono::milliseconds timeout = std::chrono::seconds(10));

  void send(std::string_view bytes);
  /// Sends a complete request with Host and, where there is a body, Content-Length.
  void send_request(std::string_view method, std::string_view target, std::string_view body = "",
                    std::string_view more_headers = "");
  HttpResponse read_response(Body body = Body::kAsFramed);
  /// Waits for the peer to close. False when it sent something first, or reset the connection.
  bool is_closed_by_peer();

  StreamSocket& socket() { return socket_; }

 private:
  StreamSocket::Clock::time_point deadline() const;
  std::string take_line();
  std::string take(std::size_t size);
  std::string take_chunks();
  void receive_more();

  StreamSocket socket_;
  std::chrono::milliseconds timeout_;
  StreamSocket::Clock::time_point read_deadline_;
  std::string buffer_;  ///< Received and not taken yet.
};

/// One request on a connection of its own. `more_headers`: whole lines, each with its CRLF.
HttpResponse http_request(std::uint16_t port, std::string_view method, std::string_view target,
                          std::string_view body = "", std::string_view more_headers = "",
                          std::chrono::milliseconds timeout = std::chrono::seconds(10));

}  // namespace forkscope::support
