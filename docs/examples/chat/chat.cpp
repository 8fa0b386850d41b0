#include "chat.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "faults.h"
#include "forkscope/telemetry/clock.h"

namespace forkscope::chat {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::uint64_t kWelcome = 0;  // the number that its acknowledgement comes with
constexpr std::size_t kMaxWord = 50;   // bytes of a name

Outcome done() { return {200, {{"ok", true}}}; }
Outcome refused(std::uint32_t status, std::string_view why) { return {status, {{"error", why}}}; }

/// A name of somebody or of a room: a few characters in one line.
std::optional<std::string> word(const json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  const auto is_control = [](unsigned char byte) { return byte < ' ' || byte == 0x7F; };
  if (text.empty() || text.size() > kMaxWord || std::ranges::any_of(text, is_control)) {
    return std::nullopt;
  }
  return text;
}

/// What goes over the bus: a line with the room, a line with the event's name, and the packet,
/// which is made once, by the worker where it was said.
struct Note {
  std::string_view room;
  std::string_view event;
  std::string_view packet;
};

std::string to_bytes(const Note& note) {
  return std::string(note.room).append("\n").append(note.event).append("\n").append(note.packet);
}

std::optional<Note> note_of(std::string_view bytes) {
  const std::size_t room_end = bytes.find('\n');
  if (room_end == bytes.npos) return std::nullopt;
  const std::size_t event_end = bytes.find('\n', room_end + 1);
  if (event_end == bytes.npos) return std::nullopt;
  return Note{bytes.substr(0, room_end), bytes.substr(room_end + 1, event_end - room_end - 1),
              bytes.substr(event_end + 1)};
}

}  // namespace

// ── what clients do ──

Outcome Chat::connected(Session& session, const json& authentication) {
  const auto name = authentication.is_object() && authentication.contains("name")
                        ? word(authentication["name"])
                        : std::nullopt;
  session.name = name.value_or("guest");
  rooms_.enter(std::string(Rooms::kEverybody), session);
  session.emit("welcome",
               {{"name", session.name}, {"worker", around_.number}, {"pid", around_.pid}},
               kWelcome);
  return {};
}

void Chat::acknowledged(Session& session, std::uint64_t number) {
  if (number != kWelcome || std::exchange(session.announced, true)) return;
  static_cast<void>(tell(Rooms::kEverybody, "arrived", session, {}));
}

void Chat::disconnected(Session& session) {
  rooms_.leave_all(session);
  if (!std::exchange(session.announced, false)) return;
  static_cast<void>(tell(Rooms::kEverybody, "left", session, {}));
}

void Chat::dropped(Session& session) {
  ++around_.counts.dropped;
  around_.voice.log(child::Mark::warning,
                    "the client at " + session.address() +
                        " does not read: more than 1 MiB waits for it, and its "
                        "connection is cut");
}

Outcome Chat::event(Session& session, const socket_io::Event& event) {
  if (event.name == "say") return say(session, event.arguments);
  if (event.name == "join") return join(session, event.arguments);
  if (event.name == "leave") return leave(session, event.arguments);
  if (event.name == "hang" || event.name == "crash") return fault(event);
  return refused(404, "There is no such event; there are say, join and leave.");
}

Outcome Chat::join(Session& session, const json& arguments) {
  const auto room = arguments.size() == 1 ? word(arguments[0]) : std::nullopt;
  if (!room) return refused(400, "A room has a name of 1 to 50 bytes: join(\"news\").");
  if (!rooms_.enter(*room, session)) return refused(409, "That would be too many rooms.");
  return done();
}

Outcome Chat::leave(Session& session, const json& arguments) {
  const auto room = arguments.size() == 1 ? word(arguments[0]) : std::nullopt;
  if (!room) return refused(400, "A room has a name of 1 to 50 bytes: leave(\"news\").");
  rooms_.leave(*room, session);
  return done();
}

Outcome Chat::say(Session& session, const json& arguments) {
  const bool has_room = arguments.size() == 2 && !arguments[1].is_null();
  const auto room = has_room ? word(arguments[1]) : std::string(Rooms::kEverybody);
  if (arguments.empty() || arguments.size() > 2 || !arguments[0].is_string() || !room) {
    return refused(400, "Say a text, and perhaps a room: say(\"hello\", \"news\").");
  }
  if (!rooms_.is_in(*room, session)) return refused(403, "Join the room first.");
  if (!tell(*room, "said", session, {{"text", arguments[0]}, {"room", *room}})) {
    return refused(413, "That is too long.");
  }
  return done();
}

Outcome Chat::fault(const socket_io::Event& event) const {
  if (!around_.settings.faults_enabled) return refused(403, "There are no faults here (--faults).");
  const bool has_way = !event.arguments.empty() && event.arguments[0].is_string();
  fire(event.name, has_way ? event.arguments[0].get<std::string>() : "");
  return refused(400,
                 "Not in this way: hang has spin and sleep; crash has segv, abort, throw, exit.");
}

// ── who hears it ──

bool Chat::tell(std::string_view room, std::string_view event, const Session& who,
                ordered_json data) {
  data["name"] = who.name;
  data["worker"] = around_.number;
  data["pid"] = around_.pid;
  const Session::Text text = Session::text_of(event, data);
  if (!bus_.publish(to_bytes({room, event, *text}))) return false;
  deliver(room, text);
  return true;
}

bool Chat::hear() {
  return bus_.receive([this](const bus::Message& message) { hear(message); },
                      [this](std::uint32_t from, std::uint64_t count) { hear_less(from, count); });
}

/// Shown as a request as well, where somebody is here to hear it; PUT, and with the worker that has
/// said it, since it was no client of this worker's that has sent it.
void Chat::hear(const bus::Message& message) {
  const auto note = note_of(message.bytes);
  if (!note || rooms_.members(note->room).empty()) return;
  auto request =
      around_.slot.begin_request(telemetry::now_ns(), telemetry::Method::put, note->event, 0);
  request.is_heard_from(message.from);
  const std::uint64_t queued_before = around_.counts.bytes_queued;
  deliver(note->room, std::make_shared<const std::string>(note->packet));
  around_.slot.end_request(request, telemetry::now_ns(), 200,
                           around_.counts.bytes_queued - queued_before);
}

void Chat::hear_less(std::uint32_t from, std::uint64_t count) {
  around_.counts.bus_lost += count;
  around_.voice.log(child::Mark::warning,
                    "worker " + std::to_string(from) +
                        " has said more than could be heard here: messages lost: " +
                        (count > 0 ? std::to_string(count) : "unknown"));
  deliver(Rooms::kEverybody, Session::text_of("missed", {{"worker", from}, {"messages", count}}));
}

void Chat::deliver(std::string_view room, const Session::Text& text) {
  for (Session* session : rooms_.members(room)) session->send(text);
}

ordered_json Chat::counts() const {
  auto rooms = ordered_json::object();
  for (const auto& [name, members] : rooms_.all()) {
    if (name != Rooms::kEverybody) rooms[name] = members.size();
  }
  const Counts& counts = around_.counts;
  return {{"worker", around_.number},
          {"pid", around_.pid},
          {"clients", rooms_.members(Rooms::kEverybody).size()},
          {"rooms", rooms},
          {"messages_in", counts.messages_in},
          {"messages_out", counts.messages_out},
          {"clients_dropped", counts.dropped},
          {"bus_messages_lost", counts.bus_lost}};
}

}  // namespace forkscope::chat
