// Reads arbitrary bytes as a client's packet, as the chat of docs/examples/chat does. Beside the
// sanitizers' findings, these must hold:
//
//   - what was understood is a part of the input, or was in it as JSON
//   - a packet that is written from what was understood is understood as the same
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocol/engine_io.h"
#include "protocol/socket_io.h"

namespace {

using namespace forkscope::chat;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

bool is_part(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void read_socket_io(std::string_view text) {
  const auto packet = socket_io::parse(text);
  if (!packet) return;
  require(is_part(packet->payload, text), "the payload is a part");
  require(packet->name_space.starts_with('/'), "a namespace begins with a slash");
  require(packet->name_space.size() <= socket_io::kMaxNameSpace, "and is short");
  socket_io::authentication_of(packet->payload);
  socket_io::is_acknowledgement(packet->payload);
  const auto event = socket_io::event_of(packet->payload);
  if (!event) return;
  require(event->arguments.is_array(), "arguments are an array");
  const std::string written = socket_io::event(event->name, event->arguments, packet->number);
  const auto again = socket_io::parse(written);
  require(again && again->number == packet->number, "its number");
  const auto same = socket_io::event_of(again->payload);
  require(same && same->name == event->name, "its name");
  require(same->arguments.size() == 1 && same->arguments[0] == event->arguments, "its data");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  engine_io::why_refused("GET", text, true);
  const auto packet = engine_io::parse(text);
  if (packet && packet->type == engine_io::Type::message) read_socket_io(packet->data);
  return 0;
}
