// The bridge to cpp-httplib: it does the routing and the HTTP semantics, and never touches a
// socket.
//
// A framed request goes in as a clean request line; its fields and body are put in place by
// cpp-httplib's own hook. The response comes out as bytes, and what belongs to the worker (Date,
// X-Worker, the common fields) is written there, behind all handlers that an application may set;
// what belongs to the connection (Connection, Keep-Alive) is left away, for the RequestRunner. So
// they work as in cpp-httplib, and none of them can get in the way. What cpp-httplib would do on
// its own account and must not (compression, ranges, upgrades) is kept from it by leaving the
// fields that ask for it away.
//
// An application may know a short way to a handler (Application::handler_of()). Then the bridge
// makes the request for it and the bytes of its response by itself: the answer is the same, and
// costs a third.
//
// Besides memory_server.h and the routes the only file of the server that knows cpp-httplib. One
// per worker process, used by its only thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "application/application.h"
#include "gateway/worker_identity.h"
#include "http/request_framer.h"

namespace forkscope::gateway {

class HttpBridge {
 public:
  /// Registers the routes of `application`; every response gets its `common_fields`.
  /// `listening_socket` is borrowed: cpp-httplib wants to see an open one while it serves.
  HttpBridge(Application& application, const HeaderFields& common_fields,
             const WorkerIdentity& worker, int listening_socket);
  ~HttpBridge();

  struct Outcome {
    int status = 500;
    /// A handler threw, and no handler of the application has taken it: what, for people.
    std::optional<std::string> thrown = std::nullopt;
  };

  /// Runs the handler of `request` and appends the response to `output`. The body is moved out of
  /// the request. Never throws.
  Outcome handle(http::FramedRequest& request, const std::string& peer_address, int peer_port,
                 const std::string& date, std::string& output);

 private:
  class Routes;
  std::unique_ptr<Routes> routes_;
};

}  // namespace forkscope::gateway
