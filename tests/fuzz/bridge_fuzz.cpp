// Two readers of the same bytes. What the framer calls one request must be one request for
// cpp-httplib too:
//   - through the bridge: the handler runs exactly once, with the method, path, fields and body
//     that the framer saw, and exactly one response comes out, whole;
//   - without it: written down in the plainest way, the request must end for cpp-httplib's own
//     parser where it ends for the framer. What that parser is known not to read is left out.
#include <httplib.h>
#include <sys/socket.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http_bridge.h"
#include "gateway/memory_server.h"
#include "http/syntax.h"
#include "plain_request.h"
#include "require_equal.h"

namespace {

using namespace forkscope;
using fuzz::require_equal;
using http::FramedRequest;
using http::HeaderField;
using http::RequestFramer;

/// What handlers have been called with.
struct Seen {
  int calls = 0;
  std::string method;
  std::string target;
  std::string body;
  std::size_t fields = 0;

  void note(const httplib::Request& request) {
    ++calls;
    method = request.method;
    target = request.target;
    body = request.body;
    fields = request.headers.size();
  }
};

void add_routes(httplib::Server& server, Seen& seen) {
  const auto handler = [&seen](const httplib::Request& request, httplib::Response& response) {
    seen.note(request);
    response.set_content("seen", "text/plain");
  };
  server.set_pre_routing_handler(
      [handler](const httplib::Request& request, httplib::Response& response) {
        // Bodies are read behind this hook, so these go on to a route.
        if (request.method == "POST" || request.method == "PUT" || request.method == "PATCH" ||
            request.method == "DELETE") {
          return httplib::Server::HandlerResponse::Unhandled;
        }
        handler(request, response);
        return httplib::Server::HandlerResponse::Handled;
      });
  // Not ".*": std::regex recurses for each character.
  server.set_error_handler([&seen](const httplib::Request& request, httplib::Response& response) {
    if (response.status != 404) return;
    seen.note(request);
    response.status = 200;
    response.set_content("seen", "text/plain");
  });
}

// ── through the bridge ──

class SeeingApplication final : public gateway::Application {
 public:
  void add_routes(httplib::Server& server) override { ::add_routes(server, seen); }
  Seen seen;
};

/// The body of the one response in `output`; aborts where there is none, or more than one.
void require_one_response(std::string_view output, std::string_view method) {
  const std::size_t head_end = output.find("\r\n\r\n");
  require_equal("HTTP/1.1 200 OK\r\n", output.substr(0, 17), "The status line is another one.");
  require_equal("yes", head_end != output.npos ? "yes" : "no", "The head has no end.");
  const std::string_view head = output.substr(0, head_end + 2);
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t at = head.find(kLength);
  require_equal("yes", at != head.npos ? "yes" : "no", "The response has no length.");
  std::size_t length = 0;
  std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), length);
  const std::string_view body = output.substr(head_end + 4);
  const std::size_t expected = method == "HEAD" ? 0 : length;
  require_equal(std::to_string(expected), std::to_string(body.size()), "It is not one response.");
}

void require_one_request_through_the_bridge(FramedRequest request, int socket) {
  static SeeingApplication application;
  static gateway::HttpBridge bridge(application, {{"X-Common", "1"}}, {1, 1}, socket);
  application.seen = {};
  const std::string method(request.method);
  const std::string target(request.target);
  const std::string body = request.body;
  std::string output;
  bridge.handle(request, "127.0.0.1", 1, "Mon, 23 Nov 2026 08:49:37 GMT", output);
  require_equal("1", std::to_string(application.seen.calls), "Not one call of the handler.");
  require_equal(method, application.seen.method, "Another method.");
  require_equal(target, application.seen.target, "Another target.");
  require_equal(body, application.seen.body, "Another body.");
  require_one_response(output, method);
}

// ── without it ──

class InputStream final : public gateway::MemoryStream {
 public:
  using MemoryStream::MemoryStream;
  ssize_t write(const char*, size_t size) override { return static_cast<ssize_t>(size); }
};

class Reader final : public gateway::MemoryServer {
 public:
  Reader() { add_routes(*this, seen); }

  /// How many bytes of `input` it takes for one request.
  std::size_t read_one(std::string_view input, int socket) {
    InputStream stream(input, socket);
    handle_one(stream, nullptr);
    return stream.bytes_read();
  }

  Seen seen;
};

/// cpp-httplib takes these apart by rules of its own, or leaves the body of some methods unread:
/// the reasons why a framer stands before it.
bool is_within_its_abilities(const FramedRequest& request) {
  constexpr std::size_t kItsLineLimit = 4096;
  // It never reads the body of a GET, and without a length reads that of a POST for ever.
  const bool takes_body = request.method == "POST" || request.method == "PUT" ||
                          request.method == "PATCH" || request.method == "DELETE";
  if (request.body.empty() == takes_body) return false;
  if (request.target.size() > kItsLineLimit) return false;
  if (request.query.find('?') != request.query.npos) return false;
  for (const HeaderField& field : request.fields) {
    if (field.name.size() + field.value.size() > kItsLineLimit) return false;
    for (const std::string_view name :
         {"range", "if-range", "expect", "content-type", "content-encoding", "upgrade",
          "connection", "transfer-encoding", "content-length"}) {
      if (http::equals_ignoring_case(field.name, name)) return false;
    }
  }
  return true;
}

void require_the_same_end_without_the_bridge(const FramedRequest& request, int socket) {
  if (!is_within_its_abilities(request)) return;
  static Reader reader;
  reader.seen = {};
  const std::string bytes = fuzz::serialise(request);
  const std::string behind = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::size_t used = reader.read_one(bytes + behind, socket);
  require_equal(bytes, std::string_view(bytes + behind).substr(0, used),
                "cpp-httplib ends the request elsewhere.");
  require_equal("1", std::to_string(reader.seen.calls), "Not one call of the handler.");
  require_equal(request.method, reader.seen.method, "cpp-httplib reads another method.");
  require_equal(request.body, reader.seen.body, "cpp-httplib reads another body.");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  static const http::Limits limits;
  RequestFramer framer(limits);
  std::string_view stream(reinterpret_cast<const char*>(data), size);
  while (!stream.empty()) {
    stream.remove_prefix(framer.consume(stream));
    if (framer.phase() != RequestFramer::Phase::complete) break;
    require_the_same_end_without_the_bridge(framer.request(), socket);
    require_one_request_through_the_bridge(framer.request(), socket);
    framer.reset();
  }
  return 0;
}
