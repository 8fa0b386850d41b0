#include "gateway/http_bridge.h"

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <utility>

#include "gateway/http_syntax.h"
#include "gateway/reason_phrase.h"

namespace forkscope::gateway {

namespace {

constexpr std::string_view kHandlerFailed = "The handler of this request failed.";

/// One request line and an empty line to read; a buffer to write to. The line names no target:
/// cpp-httplib would take it apart by rules of its own (a second '?' is an error, the line has a
/// limit), so the request gets it ready-made. What is written gets `own_lines` behind its status
/// line: fields that all responses share cost a third of a microsecond each where cpp-httplib keeps
/// them. Methods that newer versions have added are here too, which is why nothing is marked
/// `override`.
class MemoryStream : public httplib::Stream {  // NOLINTBEGIN(modernize-use-override)
 public:
  MemoryStream(const FramedRequest& request, const std::string& peer_address, int peer_port,
               int socket, std::string_view own_lines, std::string& output)
      : peer_address_(peer_address),
        peer_port_(peer_port),
        socket_(socket),
        own_lines_(own_lines),
        output_(output) {
    input_.append(request.method).append(" / HTTP/1.1\r\n\r\n");
  }

  bool is_readable() const { return position_ < input_.size(); }
  bool wait_readable() const { return is_readable(); }
  bool is_writable() const { return true; }
  bool wait_writable() const { return true; }
  bool is_peer_alive() const { return true; }
  time_t duration() const { return 0; }

  ssize_t read(char* target, size_t size) {
    const std::size_t count = std::min(size, input_.size() - position_);
    std::memcpy(target, input_.data() + position_, count);
    position_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* source, size_t size) {
    std::string_view text(source, size);
    if (!own_lines_.empty()) {
      const std::size_t status_line = text.find('\n') + 1;  // 0: the rest of it is to come
      output_.append(text.substr(0, status_line != 0 ? status_line : size));
      if (status_line == 0) return static_cast<ssize_t>(size);
      text.remove_prefix(status_line);
      output_.append(std::exchange(own_lines_, {}));
    }
    output_.append(text);
    return static_cast<ssize_t>(size);
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const {
    ip = peer_address_;
    port = peer_port_;
  }
  void get_local_ip_and_port(std::string&, int&) const {}
  socket_t socket() const { return socket_; }

 private:
  std::string input_;
  std::size_t position_ = 0;
  const std::string& peer_address_;
  int peer_port_;
  socket_t socket_;
  std::string_view own_lines_;  ///< Empty once they are written.
  std::string& output_;
};  // NOLINTEND(modernize-use-override)

bool starts_ignoring_case(std::string_view text, std::string_view lower) {
  return equals_ignoring_case(text.substr(0, lower.size()), lower);
}

/// Fields that concern the connection or the transfer are ours; those that cpp-httplib would act
/// on by itself, or takes for its own notes, are nobody's.
bool is_for_routes(std::string_view name) {
  for (const std::string_view own :
       {"connection", "keep-alive", "content-length", "transfer-encoding", "te", "trailer",
        "upgrade", "expect", "accept-encoding", "range", "if-range"}) {
    if (equals_ignoring_case(name, own)) return false;
  }
  return !starts_ignoring_case(name, "remote_") && !starts_ignoring_case(name, "local_");
}

/// `path` without its percent escapes, which the framer has checked (RFC 3986 section 2.1).
std::string decoded(std::string_view path) {
  std::string text;
  text.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(path[i]);
    if (c == '%') {
      std::from_chars(path.data() + i + 1, path.data() + i + 3, c, 16);
      i += 2;
    }
    text += static_cast<char>(c);
  }
  return text;
}

/// Fields that every response gets from us, and what cpp-httplib says of a connection that it does
/// not have.
bool is_ours(std::string_view name) {
  for (const std::string_view own :
       {"date", "connection", "keep-alive", "x-worker", "x-worker-pid"}) {
    if (equals_ignoring_case(name, own)) return true;
  }
  return false;
}

}  // namespace

class HttpBridge::Routes : public httplib::Server {
 public:
  Routes(Application& application, const HeaderFields& common_fields, const WorkerIdentity& worker,
         int listening_socket)
      : common_lines_(common_lines(worker, common_fields)), listening_socket_(listening_socket) {
    set_exception_handler([this](const httplib::Request&, httplib::Response& response, auto&&...) {
      threw_ = true;
      response.headers.erase("EXCEPTION_WHAT");
      response.status = 500;
      response.set_content(problem_body(500, kHandlerFailed), "application/problem+json");
    });
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty()) {
        response.set_content(problem_body(response.status, reason_phrase(response.status)),
                             "application/problem+json");
      }
    });
    set_post_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      normalise(request, response);
    });
    application.add_routes(*this);
  }

  Outcome handle(FramedRequest& request, const std::string& peer_address, int peer_port,
                 AfterResponse after, const std::string& date, std::string& output) {
    threw_ = false;
    status_ = 500;
    own_lines_.assign("Date: ").append(date).append("\r\n").append(common_lines_);
    if (after == AfterResponse::close) {
      own_lines_ += "Connection: close\r\n";
    } else if (request.minor_version == 0) {
      own_lines_ += "Connection: keep-alive\r\n";
    }
    MemoryStream stream(request, peer_address, peer_port, listening_socket_, own_lines_, output);
    const auto place = [&](httplib::Request& target) {
      for (const HeaderField& field : request.fields) {
        if (is_for_routes(field.name)) target.headers.emplace(field.name, field.value);
      }
      target.target = request.target;
      target.path = decoded(request.path);
      httplib::detail::parse_query_text(std::string(request.query), target.params);
      target.body = std::move(request.body);
    };
    const std::size_t before = output.size();
    // Content providers look at it; stop() would close it, so it is only borrowed for the call.
    svr_sock_ = listening_socket_;
    bool whole = false;
    try {
      whole = call(*this, stream, peer_address, peer_port, place);
    } catch (...) {  // from a hook outside the routing
      threw_ = true;
    }
    svr_sock_ = INVALID_SOCKET;
    if (!whole) {  // half a response is worse than none
      status_ = 500;
      output.resize(before);
      output += problem_response(500, kHandlerFailed, after, date, common_lines_);
    }
    return {status_, threw_};
  }

 private:
  /// Newer versions want to know the addresses beforehand.
  template <typename Self, typename Place>
  static bool call(Self& self, httplib::Stream& stream, const std::string& peer_address,
                   int peer_port, const Place& place) {
    bool closed = false;
    if constexpr (requires { self.process_request(stream, false, closed, place); }) {
      return self.process_request(stream, false, closed, place);
    } else {
      return self.process_request(stream, peer_address, peer_port, std::string(), 0, false, closed,
                                  place);
    }
  }

  void normalise(const httplib::Request& request, httplib::Response& response) {
    status_ = response.status;
    std::erase_if(response.headers, [](const auto& field) { return is_ours(field.first); });
    if (request.method == "HEAD") response.headers.erase("Accept-Ranges");
    // RFC 9110 section 8.6: no Content-Length in these.
    if (response.status == 204 || response.status == 304) response.headers.erase("Content-Length");
  }

  std::string common_lines_;
  int listening_socket_;

  // Of the request at hand.
  bool threw_ = false;
  int status_ = 500;
  std::string own_lines_;
};

HttpBridge::HttpBridge(Application& application, const HeaderFields& common_fields,
                       const WorkerIdentity& worker, int listening_socket)
    : routes_(std::make_unique<Routes>(application, common_fields, worker, listening_socket)) {}

HttpBridge::~HttpBridge() = default;

HttpBridge::Outcome HttpBridge::handle(FramedRequest& request, const std::string& peer_address,
                                       int peer_port, AfterResponse after, const std::string& date,
                                       std::string& output) {
  return routes_->handle(request, peer_address, peer_port, after, date, output);
}

}  // namespace forkscope::gateway
