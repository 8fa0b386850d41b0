#include "protection/parcel.h"

#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "os/descriptor_passing.h"

namespace forkscope::protection {

namespace {

constexpr std::size_t kEntryAt = sizeof(MessageHead);
constexpr std::size_t kBytesAt = kEntryAt + sizeof(Entry);

}  // namespace

bool send_message(int socket, MessageKind kind, std::uint32_t count, std::uint64_t detail) {
  const MessageHead head{static_cast<std::uint32_t>(kind), count, detail};
  return ::send(socket, &head, sizeof head, MSG_NOSIGNAL) == sizeof head;
}

Sent send_parcel(int socket, int connection, std::string_view message) {
  while (!os::send_with_descriptors(socket, message, {&connection, 1})) {
    if (errno == EINTR) continue;
    // Too many of this user's descriptors are on their way (unix(7)), or the queue is full.
    const bool full = errno == EAGAIN || errno == ETOOMANYREFS || errno == ENOBUFS;
    return full ? Sent::not_now : Sent::never;
  }
  return Sent::yes;
}

Sent send_parcel(int socket, int connection, const Entry& entry, std::string_view bytes) {
  static std::array<char, kMostParcelBytes> buffer;  // of this process, whose only thread sends
  assert(bytes.size() <= Ledger::kBufferBytes);
  const MessageHead head{static_cast<std::uint32_t>(MessageKind::parcel), 0, 0};
  std::memcpy(buffer.data(), &head, sizeof head);
  std::memcpy(buffer.data() + kEntryAt, &entry, sizeof entry);
  bytes.copy(buffer.data() + kBytesAt, bytes.size());
  return send_parcel(socket, connection, {buffer.data(), kBytesAt + bytes.size()});
}

std::optional<Message> receive_message(int socket) {
  static std::array<char, kMostParcelBytes> buffer;
  while (true) {
    auto received = os::receive_with_descriptors(socket, buffer);
    if (received.bytes < 0 && errno == EINTR) continue;
    if (received.bytes <= 0) return std::nullopt;
    const auto size = static_cast<std::size_t>(received.bytes);
    Message message;
    if (size < sizeof message.head) return message;
    std::memcpy(&message.head, buffer.data(), sizeof message.head);
    if (!received.descriptors.empty()) message.connection = std::move(received.descriptors.front());
    if (message.head.kind == static_cast<std::uint32_t>(MessageKind::parcel)) {
      if (size < kBytesAt) return Message{};
      message.body.assign(buffer.data(), buffer.data() + size);
    }
    return message;
  }
}

std::optional<Parcel> parcel_of(const Message& message) {
  if (message.body.size() < kBytesAt || !message.connection) return std::nullopt;
  Parcel parcel;
  std::memcpy(&parcel.entry, message.body.data() + kEntryAt, sizeof parcel.entry);
  const Entry& entry = parcel.entry;
  const std::string_view bytes(message.body.data() + kBytesAt, message.body.size() - kBytesAt);
  const auto stage = static_cast<Stage>(entry.stage);
  const bool is_answered = stage == Stage::committing || stage == Stage::unflushed;
  const bool is_sound = (stage == Stage::open || is_answered) &&
                        std::uint64_t{entry.bytes} + entry.prepared_bytes == bytes.size() &&
                        entry.request_bytes <= entry.bytes && entry.received >= entry.bytes &&
                        is_answered == (entry.prepared_bytes > 0) &&
                        (!is_answered || (entry.status >= 100 && entry.status <= 599));
  if (!is_sound) return std::nullopt;
  parcel.received = bytes.substr(0, entry.bytes);
  parcel.answer = bytes.substr(entry.bytes);
  return parcel;
}

void number_parcel(Message& message, std::uint64_t number) {
  assert(message.body.size() >= kBytesAt);
  std::memcpy(message.body.data() + kEntryAt + offsetof(Entry, parcel), &number, sizeof number);
}

}  // namespace forkscope::protection
