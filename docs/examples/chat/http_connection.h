// A connection while it speaks HTTP/1.1: the page, the counts, something to break, and the request
// that makes a WebSocket of it, which a Session then has.
//
//   GET /                     the page
//   GET /v1/chat              who is here, and what this worker has counted
//   GET, POST /v1/faults/hang, /v1/faults/crash
//   GET /socket.io/           Socket.IO
//
// Asio keeps it alive as long as something is to happen to it; nobody else owns it.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "chat.h"
#include "connections.h"
#include "surroundings.h"
#include "wire.h"

namespace forkscope::chat {

class HttpConnection final : public Connection,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  /// All references are to what outlives all connections.
  HttpConnection(Wire wire, Place place, const Surroundings& around, Chat& chat);

  void read();
  void finish() override;

 private:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;

  void arrived(Request request);
  void refuse(unsigned status, const std::string& why);
  Response respond(const Request& request);
  Response handshake(const Request& request, std::string_view query) const;
  Response fault(const Request& request, std::string_view fault, std::string_view query) const;

  Response response(unsigned status, std::string_view type, std::string body) const;
  Response problem(unsigned status, std::string_view why) const;
  Response not_with_this_method(const char* allowed) const;
  std::size_t send(const Response& response, bool only_head);
  void close();

  const Surroundings& around_;
  Chat& chat_;
  Place place_;
  Wire wire_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::string answer_;  ///< While it is sent.
  bool is_answering_ = false;
  bool finishes_ = false;
};

}  // namespace forkscope::chat
