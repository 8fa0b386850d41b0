// cpp-httplib without its sockets: a Stream over bytes in memory, and a Server that handles one
// request from such a stream.
//
// Compiles with every version from 0.11.4 (Debian 12) to the current one. They differ in the
// methods of a Stream, so all are here and none is marked `override`, and in what process_request()
// takes.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace forkscope::gateway {

/// Gives its reader `input`, then `body` if there is one, and then the end. Where the output goes,
/// a derived class says: all that is missing here is `ssize_t write(const char* source, size_t
/// size)`. Borrows everything; `socket` is never read from, but cpp-httplib may look whether it is
/// open.
class MemoryStream : public httplib::Stream {  // NOLINTBEGIN(modernize-use-override)
 public:
  MemoryStream(std::string_view input, int socket, std::string_view peer_address = "127.0.0.1",
               int peer_port = 0, std::string_view body = {})
      : input_(input),
        body_(body),
        socket_(socket),
        peer_address_(peer_address),
        peer_port_(peer_port) {}

  std::size_t bytes_read() const { return position_; }

  bool is_readable() const { return position_ < input_.size() + body_.size(); }
  bool wait_readable() const { return is_readable(); }
  bool is_writable() const { return true; }
  bool wait_writable() const { return true; }
  bool is_peer_alive() const { return true; }
  time_t duration() const { return 0; }

  ssize_t read(char* target, size_t size) {
    const std::size_t count = position_ < input_.size()
                                  ? input_.copy(target, size, position_)
                                  : body_.copy(target, size, position_ - input_.size());
    position_ += count;
    return static_cast<ssize_t>(count);
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const {
    ip = peer_address_;
    port = peer_port_;
  }
  void get_local_ip_and_port(std::string&, int&) const {}
  socket_t socket() const { return socket_; }

 private:
  std::string_view input_;
  std::string_view body_;
  std::size_t position_ = 0;
  socket_t socket_;
  std::string_view peer_address_;
  int peer_port_;
};  // NOLINTEND(modernize-use-override)

class MemoryServer : public httplib::Server {
 public:
  /// Handles the request in `stream`; `prepare` is called between its head and its handler. False:
  /// the response is not whole. Throws what handlers outside of the routing throw.
  bool handle_one(MemoryStream& stream, const std::function<void(httplib::Request&)>& prepare) {
    svr_sock_ = stream.socket();  // content providers want to see an open one
    const Restore restore{*this};
    return process(*this, stream, prepare);
  }

 private:
  /// stop() would close the socket, so cpp-httplib has it for the time of the call only.
  struct Restore {
    MemoryServer& server;
    ~Restore() { server.svr_sock_ = INVALID_SOCKET; }
  };

  /// A template, so that only the call that compiles is compiled: newer versions want to know the
  /// addresses beforehand.
  template <typename Self, typename Prepare>
  static bool process(Self& self, httplib::Stream& stream, const Prepare& prepare) {
    bool closed = false;
    if constexpr (requires { self.process_request(stream, false, closed, prepare); }) {
      return self.process_request(stream, false, closed, prepare);
    } else {
      std::string peer_address;
      int peer_port = 0;
      stream.get_remote_ip_and_port(peer_address, peer_port);
      return self.process_request(stream, peer_address, peer_port, std::string(), 0, false, closed,
                                  prepare);
    }
  }
};

}  // namespace forkscope::gateway
