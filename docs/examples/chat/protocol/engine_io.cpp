#include "protocol/engine_io.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace forkscope::chat::engine_io {

namespace {

/// The value of `name` in a query; nothing where it is not there. No value that matters here needs
/// to be decoded.
std::optional<std::string_view> value_of(std::string_view name, std::string_view query) {
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(field.size() + 1, query.size()));
    const std::size_t equals = field.find('=');
    if (field.substr(0, equals) != name) continue;
    return equals == field.npos ? std::string_view() : field.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Packet> parse(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '6') return std::nullopt;
  return Packet{static_cast<Type>(text.front()), text.substr(1)};
}

std::string packet(Type type, std::string_view data) {
  return std::string(1, static_cast<char>(type)).append(data);
}

std::string packet(const Open& open) {
  const nlohmann::ordered_json data = {{"sid", open.sid},
                                       {"upgrades", nlohmann::json::array()},
                                       {"pingInterval", open.ping_interval.count()},
                                       {"pingTimeout", open.ping_timeout.count()},
                                       {"maxPayload", open.max_payload}};
  return packet(Type::open, data.dump());
}

std::string body(const Refusal& refusal) {
  return nlohmann::ordered_json{{"code", refusal.code}, {"message", refusal.message}}.dump();
}

std::optional<Refusal> why_refused(std::string_view method, std::string_view query,
                                   bool is_websocket) {
  if (value_of("transport", query) != "websocket") return Refusal{0, "Transport unknown"};
  if (value_of("sid", query)) return Refusal{1, "Session ID unknown"};
  if (method != "GET") return Refusal{2, "Bad handshake method"};
  if (!is_websocket) return Refusal{3, "Bad request"};
  if (value_of("EIO", query) != "4") return Refusal{5, "Unsupported protocol version"};
  return std::nullopt;
}

}  // namespace forkscope::chat::engine_io
