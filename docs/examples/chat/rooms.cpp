#include "rooms.h"

namespace forkscope::chat {

bool Rooms::enter(const std::string& room, Session& session) {
  std::size_t& count = counts_[&session];
  if (is_in(room, session)) return true;
  if (count > kMaxPerClient) return false;  // one more than that, for everybody's
  rooms_[room].insert(&session);
  ++count;
  return true;
}

void Rooms::leave(const std::string& room, Session& session) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end() || found->second.erase(&session) == 0) return;
  if (found->second.empty()) rooms_.erase(found);
  --counts_[&session];
}

void Rooms::leave_all(Session& session) {
  for (auto room = rooms_.begin(); room != rooms_.end();) {
    room->second.erase(&session);
    room = room->second.empty() ? rooms_.erase(room) : std::next(room);
  }
  counts_.erase(&session);
}

bool Rooms::is_in(std::string_view room, Session& session) const {
  return members(room).contains(&session);
}

const Rooms::Members& Rooms::members(std::string_view room) const {
  static const Members kNobody;
  const auto found = rooms_.find(room);
  return found == rooms_.end() ? kNobody : found->second;
}

}  // namespace forkscope::chat
