// Socket.IO, protocol 5: what is in the messages of Engine.IO
// (https://github.com/socketio/socket.io-protocol).
//
//   0{"name":"Ada"}      connect, with something to say who one is
//   2["say","hello"]     an event: a name, and arguments
//   217["say","hello"]   the same, and the sender wants to be told, by that number
//   317[{"ok":true}]     that is the acknowledgement
//   2/news,["say"]       in a namespace other than "/"
//   51-["file",{…}]      with binary attachments, which would follow
//
// Reading is two steps: the head of a packet is a few bytes, and what follows is JSON of any
// length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace forkscope::chat::socket_io {

enum class Type : char {
  connect = '0',
  disconnect = '1',
  event = '2',
  acknowledgement = '3',
  connect_error = '4',
  binary_event = '5',
  binary_acknowledgement = '6',
};

inline constexpr std::size_t kMaxNameSpace = 256;  ///< Bytes.

struct Packet {
  Type type = Type::event;
  std::string_view name_space = "/";  ///< Without a query.
  std::optional<std::uint64_t> number;
  std::string_view payload = {};  ///< JSON that nobody has read yet, or nothing.
};

/// Nothing: no packet. Views are of `text`. What comes behind the number of attachments of a binary
/// packet stays unread.
std::optional<Packet> parse(std::string_view text);

struct Event {
  std::string name;
  nlohmann::json arguments;  ///< An array.
};

/// Of the payload of an event. Nothing: it is not JSON, or no event has such a form or such a name.
std::optional<Event> event_of(std::string_view payload);

/// Of the payload of `connect`: null where there is none. Nothing: it has to be an object.
std::optional<nlohmann::json> authentication_of(std::string_view payload);

/// Of the payload of an acknowledgement.
bool is_acknowledgement(std::string_view payload);

// What a server sends. `data` is JSON of ours, and so can be written.
std::string connect(std::string_view sid);
std::string connect_error(std::string_view name_space, std::string_view message);
std::string event(std::string_view name, const nlohmann::json& data,
                  std::optional<std::uint64_t> number = {});
std::string acknowledgement(std::uint64_t number, const nlohmann::json& data);

}  // namespace forkscope::chat::socket_io
