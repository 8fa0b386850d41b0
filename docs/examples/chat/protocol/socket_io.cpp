#include "protocol/socket_io.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace forkscope::chat::socket_io {

namespace {

using nlohmann::json;

/// What clients are told by themselves, and nobody may send.
constexpr std::array<std::string_view, 6> kReserved{
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};

/// JavaScript counts exactly up to 2^53.
constexpr std::uint64_t kMaxNumber = (std::uint64_t{1} << 53) - 1;

std::optional<json> read(std::string_view text) {
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

std::string packet(Type type, std::optional<std::uint64_t> number, const json& payload) {
  std::string text(1, static_cast<char>(type));
  if (number) text += std::to_string(*number);
  return text + payload.dump();
}

/// "/" and what leads to the comma; without the query, which a client may have put behind it.
std::string_view take_name_space(std::string_view& rest) {
  if (!rest.starts_with('/')) return "/";
  const std::string_view whole = rest.substr(0, rest.find(','));
  rest.remove_prefix(std::min(whole.size() + 1, rest.size()));
  return whole.substr(0, whole.find('?'));
}

}  // namespace

std::optional<Packet> parse(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '6') return std::nullopt;
  Packet packet;
  packet.type = static_cast<Type>(text.front());
  std::string_view rest = text.substr(1);
  if (packet.type == Type::binary_event || packet.type == Type::binary_acknowledgement) {
    packet.payload = rest;
    return packet;
  }
  packet.name_space = take_name_space(rest);
  if (packet.name_space.size() > kMaxNameSpace) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error == std::errc::result_out_of_range || number > kMaxNumber) return std::nullopt;
  if (error == std::errc{}) {
    packet.number = number;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
  packet.payload = rest;
  if (packet.type == Type::acknowledgement && !packet.number) return std::nullopt;
  return packet;
}

std::optional<Event> event_of(std::string_view payload) {
  auto value = read(payload);
  if (!value || !value->is_array() || value->empty() || !value->front().is_string()) {
    return std::nullopt;
  }
  Event event{value->front().get<std::string>(), std::move(*value)};
  event.arguments.erase(event.arguments.begin());
  if (std::ranges::find(kReserved, event.name) != kReserved.end()) return std::nullopt;
  return event;
}

std::optional<json> authentication_of(std::string_view payload) {
  if (payload.empty()) return json();
  auto value = read(payload);
  if (value && !value->is_object()) return std::nullopt;
  return value;
}

bool is_acknowledgement(std::string_view payload) {
  const auto value = read(payload);
  return value && value->is_array();
}

std::string connect(std::string_view sid) { return packet(Type::connect, {}, {{"sid", sid}}); }

std::string connect_error(std::string_view name_space, std::string_view message) {
  std::string text(1, static_cast<char>(Type::connect_error));
  if (name_space != "/") text.append(name_space).append(",");
  return text + json{{"message", message}}.dump();
}

std::string event(std::string_view name, const json& data, std::optional<std::uint64_t> number) {
  return packet(Type::event, number, json::array({name, data}));
}

std::string acknowledgement(std::uint64_t number, const json& data) {
  return packet(Type::acknowledgement, number, json::array({data}));
}

}  // namespace forkscope::chat::socket_io
