// A connection on its way from one process to another: its socket (SCM_RIGHTS, unix(7)), its line
// in the ledger, the bytes of the request that has not begun, and the answer that is prepared for
// it.
//
//   keeper ─▶ primary ─▶ worker        its worker hangs or is dead
//   worker ─▶ primary ─▶ worker        it drains, or has too much
//
// One message of a SOCK_SEQPACKET socket each. The primary passes on what it gets, and reads
// nothing but the kind and the number.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "os/unique_fd.h"
#include "protection/ledger.h"

namespace forkscope::protection {

enum class MessageKind : std::uint32_t {
  parcel = 1,     ///< To and from the primary.
  hand_over = 2,  ///< To the keeper: `count` is a Condition, `detail` 1 where connections may move.
  release =
      3,     ///< To the keeper, whose worker is dead: files, locks and all that is no connection.
  done = 4,  ///< From the keeper: all parcels are sent; `count` requests are lost, `detail` is the
             ///< Condition and, above 32 bits, Entry::giving of one of them.
  crashed = 5,  ///< From the worker, in its last moments.
  give = 6,     ///< To the worker: `count` connections, to those who have less.
};

struct MessageHead {
  std::uint32_t kind;
  std::uint32_t count;
  std::uint64_t detail;
};

/// What follows the head in a parcel: an Entry, whose stage is `open`, `committing` or `unflushed`,
/// then its bytes.
inline constexpr std::size_t kMostParcelBytes =
    sizeof(MessageHead) + sizeof(Entry) + Ledger::kBufferBytes;

enum class Sent { yes, not_now, never };

/// False, with errno: the other side is gone, or has no room at the moment.
bool send_message(int socket, MessageKind kind, std::uint32_t count = 0, std::uint64_t detail = 0);
/// `not_now` only on a socket that does not block.
Sent send_parcel(int socket, int connection, const Entry& entry, std::string_view bytes);
/// Again, as it was received.
Sent send_parcel(int socket, int connection, std::string_view message);

struct Message {
  MessageHead head{};
  std::vector<char> body;  ///< Of a parcel: the whole message, to be passed on.
  os::UniqueFd connection;
};
/// Nothing: there is none now, or ever again. What is malformed has a kind that nobody knows.
std::optional<Message> receive_message(int socket);

/// A parcel taken apart; nothing if it is not one.
struct Parcel {
  Entry entry{};
  std::string_view received;  ///< Of the message's body.
  std::string_view answer;
};
std::optional<Parcel> parcel_of(const Message& message);
/// Numbers it, for Head::adopted.
void number_parcel(Message& message, std::uint64_t number);

}  // namespace forkscope::protection
