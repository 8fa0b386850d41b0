#include "session.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>

#include "forkscope/telemetry/clock.h"
#include "protocol/engine_io.h"

namespace forkscope::chat {

namespace {

namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using engine_io::Type;
using websocket::close_code;

/// How long a client may take to answer our close frame. Not left to Beast, whose own limit trips
/// over a read that waits at the same time (an assertion, in 1.74).
constexpr std::chrono::seconds kPatience{10};

constexpr int kPingsBeforeConnect = 3;

/// Nobody can guess it, in whichever process it was made.
std::string fresh_id() {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, 12> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    throw std::runtime_error("getrandom");
  }
  std::string id;
  for (const unsigned char byte : random) (id += kDigits[byte >> 4]) += kDigits[byte & 15];
  return id;
}

std::string to_text(const boost::asio::ip::tcp::socket& socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  return error ? "somewhere" : peer.address().to_string() + ":" + std::to_string(peer.port());
}

}  // namespace

Session::Session(Wire wire, Place place, const Surroundings& around, Application& application)
    : around_(around),
      application_(application),
      place_(std::move(place)),
      socket_(std::move(wire)),
      heart_(boost::asio::any_io_executor(around.executor)),
      address_(to_text(boost::beast::get_lowest_layer(socket_).socket())) {
  place_.is_held_by(this);
}

// ── WebSocket ──

void Session::start(Upgrade request) {
  request_ = std::move(request);  // Beast reads it until it has answered
  boost::beast::get_lowest_layer(socket_).expires_never();
  socket_.set_option(websocket::stream_base::decorator([this](websocket::response_type& response) {
    response.set("X-Worker", std::to_string(around_.number));
    response.set("X-Worker-Pid", std::to_string(around_.pid));
  }));
  socket_.read_message_max(kMaxMessage);
  socket_.auto_fragment(false);
  socket_.text(true);
  socket_.async_accept(request_, [self = shared_from_this()](error_code error) {
    if (error) return self->gone();
    const Settings& settings = self->around_.settings;
    self->send(engine_io::packet(
        engine_io::Open{fresh_id(), settings.ping_interval, settings.ping_timeout, kMaxMessage}));
    self->heartbeat();
    self->read();
  });
}

void Session::read() {
  socket_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
    // Beast has answered by itself what breaks the protocol, with the close code for it.
    if (error) return self->gone();
    if (self->closing_) return;  // Beast waits for the answer to our close frame
    const auto bytes = self->buffer_.cdata();
    self->arrived({static_cast<const char*>(bytes.data()), bytes.size()});
    self->buffer_.clear();
    if (self->buffer_.capacity() > kMaxPacket) self->buffer_.shrink_to_fit();
    if (!self->closing_) self->read();
  });
}

void Session::send(Text text) {
  if (is_gone_ || closing_) return;
  backlog_ += text->size();
  around_.counts.bytes_queued += text->size();
  outbox_.push_back(std::move(text));
  if (backlog_ > kMaxBacklog) {
    application_.dropped(*this);
    return cut();
  }
  if (outbox_.size() == 1) write();
}

void Session::send(std::string packet) {
  send(std::make_shared<const std::string>(std::move(packet)));
}

void Session::write() {
  socket_.async_write(boost::asio::buffer(*outbox_.front()),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return self->gone();
                        const std::string& sent = *self->outbox_.front();
                        const bool is_message = sent.front() == static_cast<char>(Type::message);
                        self->around_.counts.messages_out += is_message ? 1 : 0;
                        self->backlog_ -= sent.size();
                        self->outbox_.pop_front();
                        if (!self->outbox_.empty()) return self->write();
                        if (self->closing_) self->close_when_sent();
                      });
}

void Session::close(close_code code, std::string_view why) {
  if (is_gone_ || closing_) return;
  if (!socket_.is_open()) return cut();  // the request for it is not answered yet
  closing_.emplace(code, boost::beast::string_view(why.data(), why.size()));
  if (outbox_.empty()) close_when_sent();
  heart_.expires_after(kPatience);
  heart_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->gone();
  });
}

void Session::close_when_sent() {
  socket_.async_close(*closing_, [self = shared_from_this()](error_code) { self->gone(); });
}

void Session::finish() { close(close_code::going_away, "This worker goes: come back."); }

/// Without a word, since it would not be read.
void Session::cut() {
  closing_.emplace(close_code::abnormal);
  boost::beast::get_lowest_layer(socket_).close();
}

void Session::gone() {
  if (std::exchange(is_gone_, true)) return;
  heart_.cancel();
  boost::beast::get_lowest_layer(socket_).close();
  disconnect();
}

// ── Engine.IO ──

/// A ping, an interval after the last pong; then a pong, or nobody is there any more. Whoever
/// answers several and does not connect keeps a place for nothing.
void Session::heartbeat() {
  const Settings& settings = around_.settings;
  heart_.expires_after(awaits_pong_ ? settings.ping_timeout : settings.ping_interval);
  heart_.async_wait([self = shared_from_this()](error_code error) {
    if (error || self->closing_ || self->is_gone_) return;  // the pong has come, or the end
    if (self->awaits_pong_) return self->close(close_code::policy_error, "ping timeout");
    if (!self->has_connected_ && ++self->pings_before_connect_ > kPingsBeforeConnect) {
      return self->close(close_code::policy_error, "no connect");
    }
    self->awaits_pong_ = true;
    self->send(engine_io::packet(Type::ping));
    self->heartbeat();
  });
}

void Session::arrived(std::string_view text) {
  if (socket_.got_binary()) {
    return publish("binary", [this] {
      close(close_code::unknown_data, "This server takes no binary messages.");
      return Outcome{415};
    });
  }
  const auto packet = engine_io::parse(text);
  const auto type = packet ? packet->type : Type::open;
  if (type == Type::message) return understand(packet->data);
  if (type == Type::pong) {
    if (std::exchange(awaits_pong_, false)) heartbeat();
    return;
  }
  if (type == Type::ping && packet->data == "probe") {
    return send(engine_io::packet(Type::pong, "probe"));
  }
  if (type == Type::close) return close(close_code::normal, "");
  if (type == Type::upgrade || type == Type::noop) return;
  close(close_code::protocol_error, "That is no packet of Engine.IO 4.");
}

// ── Socket.IO ──

void Session::understand(std::string_view text) {
  ++around_.counts.messages_in;
  const auto packet = socket_io::parse(text);
  using Kind = socket_io::Type;
  const Kind kind = packet ? packet->type : Kind::connect_error;
  if (kind == Kind::binary_event || kind == Kind::binary_acknowledgement) {
    return publish("binary", [this] {
      close(close_code::unknown_data, "This server takes no binary events.");
      return Outcome{415};
    });
  }
  if (kind == Kind::connect && packet->name_space != "/") return refuse_namespace(*packet);
  if (kind == Kind::connect && !is_connected_) return connect(*packet);
  if (packet && packet->name_space == "/" && is_connected_) {
    if (kind == Kind::event) return take_event(*packet);
    if (kind == Kind::disconnect) {
      return publish("disconnect", [this] {
        disconnect();
        return Outcome{};
      });
    }
    if (kind == Kind::acknowledgement && packet->payload.size() <= kMaxPacket &&
        socket_io::is_acknowledgement(packet->payload)) {
      return publish("acknowledgement", [&] {
        application_.acknowledged(*this, *packet->number);
        return Outcome{};
      });
    }
  }
  publish("malformed", [this] {
    close(close_code::protocol_error, "That is no packet of Socket.IO 5, or not the time for it.");
    return Outcome{400};
  });
}

void Session::connect(const socket_io::Packet& packet) {
  publish("connect", [&] {
    const auto authentication = packet.payload.size() <= kMaxPacket
                                    ? socket_io::authentication_of(packet.payload)
                                    : std::nullopt;
    if (!authentication) {
      close(close_code::protocol_error, "What comes with connect has to be an object of JSON.");
      return Outcome{400};
    }
    is_connected_ = has_connected_ = true;
    send(engine_io::packet(Type::message, socket_io::connect(fresh_id())));
    return application_.connected(*this, *authentication);
  });
}

void Session::refuse_namespace(const socket_io::Packet& packet) {
  publish("connect", [&] {
    const std::string error = socket_io::connect_error(packet.name_space, "Invalid namespace");
    send(engine_io::packet(Type::message, error));
    return Outcome{404};
  });
}

void Session::disconnect() {
  if (std::exchange(is_connected_, false)) application_.disconnected(*this);
}

void Session::take_event(const socket_io::Packet& packet) {
  if (packet.payload.size() > kMaxPacket) {
    return publish("too long", [&] {
      Outcome outcome{413, {{"error", "A message has at most 64 KiB."}}};
      answer("", packet.number, outcome);
      return outcome;
    });
  }
  const auto event = socket_io::event_of(packet.payload);
  if (!event) {
    return publish("malformed", [this] {
      close(close_code::protocol_error, "That is no event: [\"its name\", …].");
      return Outcome{400};
    });
  }
  publish(event->name, [&] {
    Outcome outcome = application_.event(*this, *event);
    answer(event->name, packet.number, outcome);
    return outcome;
  });
}

/// Who has not asked for an acknowledgement is told at least what was refused.
void Session::answer(std::string_view event, std::optional<std::uint64_t> number,
                     const Outcome& outcome) {
  if (number) {
    send(engine_io::packet(Type::message, socket_io::acknowledgement(*number, outcome.answer)));
  } else if (outcome.status >= 400) {
    emit("refused", {{"event", event}, {"why", outcome.answer.value("error", "")}});
  }
}

Session::Text Session::text_of(std::string_view event, const nlohmann::json& data,
                               std::optional<std::uint64_t> number) {
  return std::make_shared<const std::string>(
      engine_io::packet(Type::message, socket_io::event(event, data, number)));
}

void Session::emit(std::string_view event, const nlohmann::json& data,
                   std::optional<std::uint64_t> number) {
  send(text_of(event, data, number));
}

/// A message of the client's is a request, whose path is the event's name: told before it is
/// handled, so that whoever hangs in it has said in what.
template <typename Handle>
void Session::publish(std::string_view what, Handle handle) {
  telemetry::SlotWriter& slot = around_.slot;
  auto request =
      slot.begin_request(telemetry::now_ns(), telemetry::Method::post, what, place_.number());
  const std::uint64_t queued_before = around_.counts.bytes_queued;
  Outcome outcome{500};
  try {
    outcome = handle();
  } catch (const std::exception& error) {
    slot.exception();
    around_.voice.exception({request.record.id, "POST", what, error.what()});
    close(close_code::internal_error, "");
  }
  slot.end_request(request, telemetry::now_ns(), outcome.status,
                   around_.counts.bytes_queued - queued_before);
}

}  // namespace forkscope::chat
