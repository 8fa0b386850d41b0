// A client's conversation over a WebSocket: Engine.IO's heartbeat, Socket.IO's packets, and what
// waits to be sent. What the events mean is the application's.
//
// WebSocket itself is Beast's (RFC 6455): masks, fragments, UTF-8, control frames, close codes, and
// the longest message. A message longer than kMaxMessage ends the conversation (1009); a packet
// longer than kMaxPacket is refused before anybody reads its JSON.
//
// Asio keeps a session alive as long as something is to happen to it; nobody else owns it.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "connections.h"
#include "protocol/socket_io.h"
#include "surroundings.h"
#include "wire.h"

namespace forkscope::chat {

inline constexpr std::size_t kMaxMessage = 16 * 1024 * 1024;  ///< Of WebSocket, in bytes.
inline constexpr std::size_t kMaxPacket = 64 * 1024;          ///< Of Socket.IO, in bytes.
inline constexpr std::size_t kMaxBacklog = 1024 * 1024;       ///< What waits for a slow reader.

class Session;

/// What became of a client's message, as an HTTP status says it.
struct Outcome {
  std::uint32_t status = 200;
  nlohmann::json answer = {};  ///< For the client, if it has asked to be told, or was refused.
};

/// What is done about what clients do. Called by sessions, in the one thread.
class Application {
 public:
  virtual ~Application() = default;
  /// It is connected from now on; `authentication` is an object, or null.
  virtual Outcome connected(Session& session, const nlohmann::json& authentication) = 0;
  virtual Outcome event(Session& session, const socket_io::Event& event) = 0;
  /// It has got the event that was sent with this number.
  virtual void acknowledged(Session& session, std::uint64_t number) = 0;
  /// After connected(), once.
  virtual void disconnected(Session& session) = 0;
  /// Its connection is cut, because it does not read.
  virtual void dropped(Session& session) = 0;
};

class Session final : public Connection, public std::enable_shared_from_this<Session> {
 public:
  using Upgrade = boost::beast::http::request<boost::beast::http::string_body>;
  /// One message as it is sent, to one client or to many.
  using Text = std::shared_ptr<const std::string>;

  /// All references are to what outlives all sessions.
  Session(Wire wire, Place place, const Surroundings& around, Application& application);

  /// Answers the request for a WebSocket, and begins.
  void start(Upgrade request);
  /// With close code 1001, "going away" (RFC 6455, section 7.4.1): clients of Socket.IO come back,
  /// and get to another worker.
  void finish() override;

  // ── for the application ──
  void send(Text text);
  /// An event; the client is asked for an acknowledgement if there is a number.
  void emit(std::string_view event, const nlohmann::json& data,
            std::optional<std::uint64_t> number = {});
  static Text text_of(std::string_view event, const nlohmann::json& data,
                      std::optional<std::uint64_t> number = {});
  const std::string& address() const { return address_; }

  std::string name;        ///< What the application calls it.
  bool announced = false;  ///< Whether the others were told that it is here.

 private:
  void send(std::string packet);
  void read();
  void arrived(std::string_view text);
  void understand(std::string_view text);
  void connect(const socket_io::Packet& packet);
  void disconnect();
  void take_event(const socket_io::Packet& packet);
  void refuse_namespace(const socket_io::Packet& packet);
  void answer(std::string_view event, std::optional<std::uint64_t> number, const Outcome& outcome);
  template <typename Handle>
  void publish(std::string_view what, Handle handle);

  void write();
  void close(boost::beast::websocket::close_code code, std::string_view why);
  void close_when_sent();
  void cut();
  void heartbeat();
  void gone();

  const Surroundings& around_;
  Application& application_;
  Place place_;
  boost::beast::websocket::stream<Wire> socket_;
  boost::asio::steady_timer heart_;
  boost::beast::flat_buffer buffer_;
  Upgrade request_;
  std::string address_;

  std::deque<Text> outbox_;  ///< The first one is being sent.
  std::size_t backlog_ = 0;  ///< Bytes in it.
  bool awaits_pong_ = false;
  bool is_connected_ = false;   ///< As Socket.IO has it.
  bool has_connected_ = false;  ///< At least once.
  int pings_before_connect_ = 0;
  bool is_gone_ = false;
  std::optional<boost::beast::websocket::close_reason> closing_;
};

}  // namespace forkscope::chat
