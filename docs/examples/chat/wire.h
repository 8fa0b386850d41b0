// A client's TCP connection, in two respects that Beast leaves to us: its bytes are counted in the
// worker's slot as they pass, whatever is spoken; and it ends so that the client can read what was
// sent last.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/rate_policy.hpp>
#include <boost/beast/core/role.hpp>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

#include "forkscope/telemetry/slot_writer.h"

namespace forkscope::chat {

/// A RatePolicy of Beast's that limits nothing, since it is told of every transfer. Borrows the
/// slot.
class CountBytes {
 public:
  explicit CountBytes(telemetry::SlotWriter& slot) : slot_(&slot) {}

 private:
  friend class boost::beast::rate_policy_access;

  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  static std::size_t available_read_bytes() { return kAll; }
  static std::size_t available_write_bytes() { return kAll; }
  void transfer_read_bytes(std::size_t bytes) { slot_->received(bytes); }
  void transfer_write_bytes(std::size_t bytes) { slot_->sent(bytes); }
  static void on_timer() {}

  telemetry::SlotWriter* slot_;
};

using Wire =
    boost::beast::basic_stream<boost::asio::ip::tcp, boost::asio::any_io_executor, CountBytes>;

/// What Beast calls when a WebSocket has ended; by this name, because it looks for one of the
/// stream's own. Its own one closes at once where the client goes on sending, a message that is too
/// long for instance; then the kernel resets the connection, and the close code is lost with it.
template <typename Handler>
void async_teardown(boost::beast::role_type /*server*/, Wire& wire, Handler&& handler) {
  boost::system::error_code ignored;
  wire.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  const auto read_on = [&wire, buffer = std::make_shared<std::array<char, 16 * 1024>>()](
                           auto& self, boost::system::error_code error = {}, std::size_t = 0) {
    if (!error) return wire.async_read_some(boost::asio::buffer(*buffer), std::move(self));
    wire.close();
    self.complete(error == boost::asio::error::eof ? boost::system::error_code{} : error);
  };
  boost::asio::async_compose<Handler, void(boost::system::error_code)>(read_on, handler, wire);
}

}  // namespace forkscope::chat
