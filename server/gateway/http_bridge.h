// The bridge to cpp-httplib: it does the routing and the HTTP semantics, and never touches a
// socket.
//
// A framed request goes in as a clean request line; its fields and body are put in place by
// cpp-httplib's own hook. The response comes out as bytes, with what belongs to the connection
// (Connection, Keep-Alive, Date) and the common fields written by us. What cpp-httplib would do on
// its own account and must not (compression, ranges, upgrades, exception texts sent to clients) is
// kept from it by leaving the fields that ask for it away.
//
// The only file of the server, besides the routes, that knows cpp-httplib. Written for 0.11.4
// (Debian 12) up to the current version. One per worker process, used by its only thread.
#pragma once

#include <memory>
#include <string>

#include "gateway/application.h"
#include "gateway/own_response.h"
#include "gateway/request_framer.h"

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
    bool threw = false;  ///< The handler threw; the client got a 500.
  };

  /// Runs the handler of `request` and appends the response to `output`. The body is moved out of
  /// the request. Never throws.
  Outcome handle(FramedRequest& request, const std::string& peer_address, int peer_port,
                 AfterResponse after, const std::string& date, std::string& output);

 private:
  class Routes;
  std::unique_ptr<Routes> routes_;
};

}  // namespace forkscope::gateway
