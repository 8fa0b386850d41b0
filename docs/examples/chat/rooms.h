// Which of this worker's clients are in which room. What other workers' clients are in, each worker
// knows for itself. Owns no client; whoever goes leaves all rooms. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace forkscope::chat {

class Session;

class Rooms {
 public:
  using Members = std::set<Session*>;

  static constexpr std::string_view kEverybody = "";  ///< The room that all are in.
  static constexpr std::size_t kMaxPerClient = 20;

  /// False: it is in as many as one may be in.
  bool enter(const std::string& room, Session& session);
  void leave(const std::string& room, Session& session);
  void leave_all(Session& session);

  bool is_in(std::string_view room, Session& session) const;
  /// Nobody where there is no such room.
  const Members& members(std::string_view room) const;
  const std::map<std::string, Members, std::less<>>& all() const { return rooms_; }

 private:
  std::map<std::string, Members, std::less<>> rooms_;  ///< Those that somebody is in.
  std::map<Session*, std::size_t> counts_;             ///< How many rooms each is in.
};

}  // namespace forkscope::chat
