// Engine.IO, protocol 4, as far as it concerns a server that speaks WebSocket and nothing else
// (https://github.com/socketio/engine.io-protocol): one packet per WebSocket message, its type
// first.
//
//   client                                              server
//   GET /socket.io/?EIO=4&transport=websocket ────────▶ 101, or why_refused()
//   ◀─────────────────────────────────────────────────── 0{"sid":…}   open
//   ◀──────────────────────────────── every pingInterval  2            ping
//   3 ────────────────────── within pingTimeout ───────▶               pong
//   4… ───────────────────────────────────────────────▶ 4…            message: socket_io.h
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace forkscope::chat::engine_io {

enum class Type : char {
  open = '0',
  close = '1',
  ping = '2',
  pong = '3',
  message = '4',
  upgrade = '5',
  noop = '6',
};

struct Packet {
  Type type;
  std::string_view data;  ///< Of the text that was parsed.
};

/// What `text`, a whole WebSocket message, is; nothing: no packet.
std::optional<Packet> parse(std::string_view text);

std::string packet(Type type, std::string_view data = {});

/// The first packet of a server.
struct Open {
  std::string_view sid;
  std::chrono::milliseconds ping_interval;
  std::chrono::milliseconds ping_timeout;
  std::size_t max_payload;  ///< Bytes of a message.
};
std::string packet(const Open& open);

/// Why there is no conversation, with the numbers that clients know.
struct Refusal {
  int code;
  std::string_view message;
};
std::string body(const Refusal& refusal);  ///< Of the answer, as application/json.

inline constexpr Refusal kForbidden{4, "Forbidden"};

/// `query` is what follows the '?' of the target. Long polling is a transport that this server
/// does not know, and so no conversation can have begun with it that would go on here (`sid`).
std::optional<Refusal> why_refused(std::string_view method, std::string_view query,
                                   bool is_websocket);

}  // namespace forkscope::chat::engine_io
