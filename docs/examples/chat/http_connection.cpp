#include "http_connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <cstddef>
#include <exception>
#include <sstream>
#include <utility>

#include "faults.h"
#include "forkscope/telemetry/clock.h"
#include "http/date_header.h"
#include "http/own_response.h"
#include "page.h"
#include "protocol/engine_io.h"
#include "session.h"

namespace forkscope::chat {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kMaxHead = 16 * 1024;
constexpr std::size_t kMaxBody = 64 * 1024;
constexpr std::string_view kJson = "application/json";

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

telemetry::Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get: return telemetry::Method::get;
    case http::verb::head: return telemetry::Method::head;
    case http::verb::post: return telemetry::Method::post;
    case http::verb::put: return telemetry::Method::put;
    case http::verb::patch: return telemetry::Method::patch;
    case http::verb::delete_: return telemetry::Method::del;
    case http::verb::options: return telemetry::Method::options;
    default: return telemetry::Method::other;
  }
}

/// Whether a page of another site is behind it. Browsers say so in fields that pages cannot set
/// (RFC 6455, section 10.2: Origin; W3C Fetch Metadata); programs say nothing.
bool comes_from_elsewhere(const http::fields& fields) {
  const std::string_view site = view(fields["Sec-Fetch-Site"]);
  if (!site.empty() && site != "same-origin" && site != "none") return true;
  const std::string_view origin = view(fields[http::field::origin]);
  if (origin.empty()) return false;
  const std::size_t scheme_end = origin.find("://");
  return scheme_end == origin.npos ||
         origin.substr(scheme_end + 3) != view(fields[http::field::host]);
}

/// Whether a browser only guesses that this will be wanted.
bool is_guess(const http::fields& fields) {
  return !fields["Sec-Purpose"].empty() || !fields["Purpose"].empty();
}

unsigned status_of(error_code error) {
  if (error == http::error::header_limit) return 431;
  if (error == http::error::body_limit) return 413;
  return 400;
}

}  // namespace

HttpConnection::HttpConnection(Wire wire, Place place, const Surroundings& around, Chat& chat)
    : around_(around), chat_(chat), place_(std::move(place)), wire_(std::move(wire)) {
  place_.is_held_by(this);
}

void HttpConnection::read() {
  parser_.emplace();
  parser_->header_limit(kMaxHead);
  parser_->body_limit(kMaxBody);
  wire_.expires_after(around_.settings.idle_timeout);
  http::async_read(wire_, buffer_, *parser_,
                   [self = shared_from_this()](error_code error, std::size_t) {
                     if (!error) return self->arrived(self->parser_->release());
                     const bool is_http =
                         error.category() == make_error_code(http::error::bad_method).category();
                     if (!is_http || error == http::error::end_of_stream) return self->close();
                     self->refuse(status_of(error), error.message());
                   });
}

void HttpConnection::refuse(unsigned status, const std::string& why) {
  auto shown = around_.slot.begin_request(telemetry::now_ns(), telemetry::Method::other,
                                          "malformed", place_.number());
  Response response = problem(status, "That is no request: " + why + ".");
  response.keep_alive(false);
  around_.slot.end_request(shown, telemetry::now_ns(), status, send(response, false));
}

void HttpConnection::finish() {
  finishes_ = true;
  if (!is_answering_) close();
}

void HttpConnection::close() { wire_.close(); }

// ── a request ──

void HttpConnection::arrived(Request request) {
  const std::string target(view(request.target()));
  const std::string_view path = std::string_view(target).substr(0, target.find('?'));
  telemetry::SlotWriter& slot = around_.slot;
  auto shown =
      slot.begin_request(telemetry::now_ns(), method_of(request.method()), path, place_.number());
  Response response;
  try {
    response = respond(request);
  } catch (const std::exception& error) {
    slot.exception();
    around_.voice.exception({shown.record.id, view(request.method_string()), path, error.what()});
    response = problem(500, "The server has failed.");
  }
  if (response.result_int() == 101) {
    slot.end_request(shown, telemetry::now_ns(), 101, 0);
    std::make_shared<Session>(std::move(wire_), std::move(place_), around_, chat_)
        ->start(std::move(request));
    return;
  }
  response.keep_alive(request.keep_alive() && !finishes_);
  slot.end_request(shown, telemetry::now_ns(), response.result_int(),
                   send(response, request.method() == http::verb::head));
}

/// Status 101 where it is to become a WebSocket.
HttpConnection::Response HttpConnection::respond(const Request& request) {
  const std::string_view target = view(request.target());
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view query = path.size() < target.size() ? target.substr(path.size() + 1) : "";
  if (path == "/socket.io/" || path == "/socket.io") return handshake(request, query);
  if (path.starts_with("/v1/faults/") && around_.settings.faults_enabled) {
    return fault(request, path.substr(std::string_view("/v1/faults/").size()), query);
  }
  if (path != "/" && path != "/v1/chat") return problem(404, "There is nothing here.");
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    return not_with_this_method("GET, HEAD");
  }
  if (path == "/") return response(200, "text/html; charset=utf-8", std::string(page()));
  return response(200, kJson, chat_.counts().dump());
}

HttpConnection::Response HttpConnection::handshake(const Request& request,
                                                   std::string_view query) const {
  auto refusal = engine_io::why_refused(view(request.method_string()), query,
                                        boost::beast::websocket::is_upgrade(request));
  const bool is_forbidden = !refusal && comes_from_elsewhere(request);
  if (is_forbidden) refusal = engine_io::kForbidden;
  if (refusal) return response(is_forbidden ? 403 : 400, kJson, engine_io::body(*refusal));
  Response response;
  response.result(http::status::switching_protocols);
  return response;
}

HttpConnection::Response HttpConnection::fault(const Request& request, std::string_view fault,
                                               std::string_view query) const {
  if (fault != "hang" && fault != "crash") return problem(404, "There is no such fault.");
  if (request.method() == http::verb::options) {
    Response response = this->response(204, "", "");
    response.set(http::field::allow, "GET, POST, OPTIONS");
    return response;
  }
  if (request.method() != http::verb::get && request.method() != http::verb::post) {
    return not_with_this_method("GET, POST, OPTIONS");
  }
  if (is_guess(request) || comes_from_elsewhere(request)) {
    return problem(403, "Nobody has asked for this: your browser guesses, or another site's page.");
  }
  const std::string_view name = fault == "hang" ? "mode=" : "how=";
  const bool has_way = query.starts_with(name);
  if (has_way || query.empty()) fire(fault, has_way ? query.substr(name.size()) : "");
  return problem(400,
                 "Not in this way: hang?mode=spin or sleep; crash?how=segv, abort, throw or exit.");
}

// ── its answer ──

HttpConnection::Response HttpConnection::response(unsigned status, std::string_view type,
                                                  std::string body) const {
  Response response;
  response.version(11);
  response.result(status);
  response.set(http::field::date, forkscope::http::DateHeader().value());
  response.set("X-Worker", std::to_string(around_.number));
  response.set("X-Worker-Pid", std::to_string(around_.pid));
  response.set(http::field::cache_control, "no-store");
  if (!type.empty())
    response.set(http::field::content_type, boost::beast::string_view(type.data(), type.size()));
  response.body() = std::move(body);
  if (status != 204) response.content_length(response.body().size());
  return response;
}

HttpConnection::Response HttpConnection::problem(unsigned status, std::string_view why) const {
  return response(status, "application/problem+json",
                  forkscope::http::problem_body(static_cast<int>(status), why));
}

HttpConnection::Response HttpConnection::not_with_this_method(const char* allowed) const {
  Response response = problem(405, "Not with this method.");
  response.set(http::field::allow, allowed);
  return response;
}

/// Returns how many bytes it is.
std::size_t HttpConnection::send(const Response& response, bool only_head) {
  std::ostringstream text;
  text << response.base();
  if (!only_head) text << response.body();
  answer_ = std::move(text).str();
  is_answering_ = true;
  wire_.expires_after(around_.settings.write_timeout);
  boost::asio::async_write(
      wire_, boost::asio::buffer(answer_),
      [self = shared_from_this(), goes_on = response.keep_alive()](error_code error, std::size_t) {
        self->is_answering_ = false;
        if (error || !goes_on || self->finishes_) return self->close();
        self->read();
      });
  return answer_.size();
}

}  // namespace forkscope::chat
