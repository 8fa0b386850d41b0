#include "protection/worker_end.h"

#include <string_view>

namespace forkscope::protection {

std::optional<WorkerEnd::Heard> WorkerEnd::hear() {
  auto message = receive_message(socket_);
  if (!message) return std::nullopt;
  Heard heard;
  if (message->head.kind == static_cast<std::uint32_t>(MessageKind::give)) {
    heard.give = message->head.count;
  } else if (const auto parcel = parcel_of(*message);
             parcel && parcel->entry.parcel > ledger_.revoked()) {
    heard.connection = std::move(message);
  }
  return heard;
}

Sent WorkerEnd::give(int connection, Line& line) {
  if (!line.is_kept() || line.stage() != Stage::open || (line.entry().flags & kTooLong) != 0) {
    return Sent::never;
  }
  // Should we die in between, the primary knows whether it has it (custody.h).
  line.give(++given_);
  Entry entry = line.entry();
  entry.parcel = 0;
  const std::string_view bytes(ledger_.buffer(connection), entry.bytes);
  const Sent sent = send_parcel(socket_, connection, entry, bytes);
  if (sent == Sent::yes) {
    line.close();
  } else {
    line.give(0);
  }
  return sent;
}

}  // namespace forkscope::protection
