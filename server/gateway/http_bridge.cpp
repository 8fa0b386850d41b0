#include "gateway/http_bridge.h"

#include <httplib.h>

#include <charconv>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "gateway/memory_server.h"
#include "http/own_response.h"
#include "http/reason_phrase.h"
#include "http/syntax.h"

namespace forkscope::gateway {

namespace {

constexpr std::string_view kHandlerFailed = "The handler of this request failed.";

/// What a response must not say, whatever the application has set: the fields that every response
/// gets from us, what cpp-httplib says of a connection that it does not have, and its note of what
/// an exception says.
bool is_ours(std::string_view name) {
  for (const std::string_view own :
       {"date", "connection", "keep-alive", "x-worker", "x-worker-pid", "exception_what"}) {
    if (http::equals_ignoring_case(name, own)) return true;
  }
  return false;
}

/// What of a response is sent, by its status and by what was asked.
struct Parts {
  int status = 0;
  bool answers_head = false;

  /// RFC 9110 sections 8.6 and 15: no body, and no Content-Length.
  bool is_bodiless() const { return status == 204 || status == 304; }
  bool have_body() const { return !answers_head && !is_bodiless(); }
  bool have(std::string_view name) const {
    if (answers_head && http::equals_ignoring_case(name, "accept-ranges")) return false;
    if (is_bodiless() && http::equals_ignoring_case(name, "content-length")) return false;
    return !is_ours(name);
  }
};

/// Takes one response, and appends it to a buffer with `own_lines` behind the status line and
/// without the lines that are ours. This is done to the bytes, behind all handlers of an
/// application, so that none of them can get in the way; and fields that all responses share would
/// cost a third of a microsecond each where cpp-httplib keeps them.
class ResponseStream final : public MemoryStream {
 public:
  /// `input` is a request line and an empty line. `scratch` is for what has arrived of the head.
  ResponseStream(std::string_view input, std::string_view body, bool answers_head, int socket,
                 const std::string& peer_address, int peer_port, std::string_view own_lines,
                 std::string& scratch, std::string& output)
      : MemoryStream(input, socket, peer_address, peer_port, body),
        own_lines_(own_lines),
        head_(scratch),
        output_(output) {
    parts_.answers_head = answers_head;
    head_.clear();
  }

  ssize_t write(const char* source, size_t size) override {
    std::string_view text(source, size);
    if (status() == 0) {
      head_.append(text);
      const std::size_t end = head_.find("\r\n\r\n");
      if (end == head_.npos) return static_cast<ssize_t>(size);
      put_head(std::string_view(head_).substr(0, end + 2));
      text = std::string_view(head_).substr(end + 4);
    }
    if (parts_.have_body()) output_.append(text);
    return static_cast<ssize_t>(size);
  }

  /// 0 = there is no response.
  int status() const { return parts_.status; }

 private:
  void put_head(std::string_view head) {
    constexpr std::size_t kStatusAt = std::string_view("HTTP/1.1 ").size();
    std::from_chars(head.data() + kStatusAt, head.data() + head.size(), parts_.status);
    std::size_t begin = head.find('\n') + 1;
    output_.append(head.substr(0, begin)).append(own_lines_);
    while (begin < head.size()) {
      const std::size_t end = head.find('\n', begin) + 1;
      const std::string_view line = head.substr(begin, end - begin);
      if (parts_.have(line.substr(0, line.find(':')))) output_.append(line);
      begin = end;
    }
    output_ += "\r\n";
  }

  Parts parts_;  ///< Their status is 0 until the head is whole.
  std::string_view own_lines_;
  std::string& head_;
  std::string& output_;
};

/// The same for a response that a handler has filled and cpp-httplib is not to write: that formats
/// field by field, and compares their names at every turn.
void append_response(const httplib::Response& response, const Parts& parts,
                     std::string_view own_lines, std::string& output) {
  output.append("HTTP/1.1 ").append(std::to_string(parts.status)).append(1, ' ');
  output.append(http::reason_phrase(parts.status)).append("\r\n").append(own_lines);
  bool has_type = response.body.empty();
  for (const auto& [name, value] : response.headers) {
    if (http::equals_ignoring_case(name, "content-length") || !parts.have(name)) continue;
    if (http::equals_ignoring_case(name, "content-type")) has_type = true;
    output.append(name).append(": ").append(value).append("\r\n");
  }
  if (!has_type) output += "Content-Type: text/plain\r\n";
  if (!parts.is_bodiless()) {
    output.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  }
  output += "\r\n";
  if (parts.have_body()) output += response.body;
}

bool starts_ignoring_case(std::string_view text, std::string_view lower) {
  return http::equals_ignoring_case(text.substr(0, lower.size()), lower);
}

/// Fields that concern the connection or the transfer are ours; those that cpp-httplib would act
/// on by itself, or takes for its own notes, are nobody's.
bool is_for_routes(std::string_view name) {
  for (const std::string_view own :
       {"connection", "keep-alive", "content-length", "transfer-encoding", "te", "trailer",
        "upgrade", "expect", "accept-encoding", "range", "if-range"}) {
    if (http::equals_ignoring_case(name, own)) return false;
  }
  return !starts_ignoring_case(name, "remote_") && !starts_ignoring_case(name, "local_");
}

/// Of these methods cpp-httplib reads the body itself, once it knows the handler: it may be one
/// that takes a ContentReader.
bool is_read_by_routing(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

/// For people.
std::string what(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  } catch (const std::string& text) {
    return text;
  } catch (const char* text) {
    return text;
  } catch (...) {
    return "something that is no std::exception";
  }
}

}  // namespace

class HttpBridge::Routes : public MemoryServer {
 public:
  Routes(Application& application, const HeaderFields& common_fields, const WorkerIdentity& worker,
         int listening_socket)
      : application_(application),
        common_lines_(common_lines(worker, common_fields)),
        listening_socket_(listening_socket) {
    set_defaults();
    application.add_routes(*this);
  }

  Outcome handle(http::FramedRequest& request, const std::string& peer_address, int peer_port,
                 const std::string& date, std::string& output) {
    thrown_.reset();
    own_lines_.assign("Date: ").append(date).append("\r\n").append(common_lines_);
    const std::size_t before = output.size();
    const Application::Handler* handler = application_.handler_of(request.method, request.path);
    int status = 0;
    try {
      status = handler != nullptr
                   ? answer_directly(*handler, request, peer_address, peer_port, output)
                   : route(request, peer_address, peer_port, output);
    } catch (...) {  // from the handler, or from one outside the routing
      thrown_ = what(std::current_exception());
      status = 0;
    }
    if (status != 0) return {status, std::move(thrown_)};
    output.resize(before);  // half a response is worse than none
    output += http::problem_response(500, kHandlerFailed, date, common_lines_);
    return {500, std::move(thrown_)};
  }

 private:
  /// What an application may set in its turn, and then its own is called in place of these.
  void set_defaults() {
    // As without any, but that it counts.
    set_exception_handler([this](const httplib::Request&, httplib::Response& response,
                                 const std::exception_ptr& thrown) {
      thrown_ = what(thrown);
      response.status = 500;
      response.body.clear();
      response.set_header("EXCEPTION_WHAT", *thrown_);
    });
    set_error_handler([this](const httplib::Request&, httplib::Response& response) {
      if (!response.body.empty()) return;
      response.set_content(
          http::problem_body(response.status,
                             thrown_ ? kHandlerFailed : http::reason_phrase(response.status)),
          "application/problem+json");
    });
  }

  // Both return the status; 0: there is no whole response.

  int answer_directly(const Application::Handler& handler, http::FramedRequest& request,
                      const std::string& peer_address, int peer_port, std::string& output) {
    httplib::Request asked;
    asked.version = "HTTP/1.1";
    asked.method = request.method;
    asked.remote_addr = peer_address;
    asked.remote_port = peer_port;
    fill(asked, request);
    asked.body = std::move(request.body);
    httplib::Response response;
    response.version = asked.version;
    handler(asked, response);
    if (response.status == -1) response.status = 200;
    append_response(response, {response.status, request.method == "HEAD"}, own_lines_, output);
    return response.status;
  }

  int route(http::FramedRequest& request, const std::string& peer_address, int peer_port,
            std::string& output) {
    // No target: cpp-httplib would take it apart by rules of its own (a second '?' is an error, the
    // line has a limit), so the request gets it ready-made.
    request_line_.assign(request.method).append(" / HTTP/1.1\r\n\r\n");
    const bool is_read = is_read_by_routing(request.method);
    ResponseStream stream(request_line_, is_read ? request.body : std::string_view(),
                          request.method == "HEAD", listening_socket_, peer_address, peer_port,
                          own_lines_, head_, output);
    const bool whole = handle_one(stream, [&](httplib::Request& target) {
      fill(target, request);
      if (is_read) {
        target.headers.emplace("Content-Length", std::to_string(request.body.size()));
      } else {
        target.body = std::move(request.body);
      }
    });
    return whole ? stream.status() : 0;
  }

  static void fill(httplib::Request& target, http::FramedRequest& request) {
    for (const http::HeaderField& field : request.fields) {
      if (is_for_routes(field.name)) target.headers.emplace(field.name, field.value);
    }
    target.target = request.target;
    target.path = request.path;
    httplib::detail::parse_query_text(std::string(request.query), target.params);
  }

  Application& application_;
  std::string common_lines_;
  int listening_socket_;

  // Of the request at hand; kept for their memory.
  std::optional<std::string> thrown_;
  std::string request_line_;
  std::string own_lines_;
  std::string head_;
};

HttpBridge::HttpBridge(Application& application, const HeaderFields& common_fields,
                       const WorkerIdentity& worker, int listening_socket)
    : routes_(std::make_unique<Routes>(application, common_fields, worker, listening_socket)) {}

HttpBridge::~HttpBridge() = default;

HttpBridge::Outcome HttpBridge::handle(http::FramedRequest& request,
                                       const std::string& peer_address, int peer_port,
                                       const std::string& date, std::string& output) {
  return routes_->handle(request, peer_address, peer_port, date, output);
}

}  // namespace forkscope::gateway
