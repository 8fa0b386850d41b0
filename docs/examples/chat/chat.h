// What is said, and who hears it, at this worker and at all others: the application.
//
//   a client sends         it gets, if it asks        all in the room get
//   connect {"name": …}    welcome {name, …}          arrived {name, …}
//   join ROOM, leave ROOM  {"ok": true}
//   say TEXT [ROOM]        {"ok": true}               said {text, room, name, …}
//   hang, crash [WAY]      nothing (--faults)
//   anything else          {"error": why}
//   its connection ends                               left {name, …}
//
// "…" is who has said it: worker and pid. Who has not asked for an acknowledgement gets an error as
// `refused {event, why}`. A room is a word of the clients'; without one a message is for everybody.
// `arrived` is said once the newcomer has acknowledged its `welcome`; a worker that dies says
// nobody's `left`. `missed {worker, messages}` comes where this worker was too slow for another
// one.
//
// What was said is kept nowhere: whoever comes later, or is away while its worker is replaced, does
// not hear of it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "bus/member.h"
#include "rooms.h"
#include "session.h"
#include "surroundings.h"

namespace forkscope::chat {

class Chat final : public Application {
 public:
  /// Borrows both.
  Chat(const Surroundings& around, bus::Member& bus) : around_(around), bus_(bus) {}

  Outcome connected(Session& session, const nlohmann::json& authentication) override;
  Outcome event(Session& session, const socket_io::Event& event) override;
  void acknowledged(Session& session, std::uint64_t number) override;
  void disconnected(Session& session) override;
  void dropped(Session& session) override;

  /// What other workers have said. True: there may be more.
  bool hear();
  /// Who is here, and what this process has counted.
  nlohmann::ordered_json counts() const;

 private:
  Outcome join(Session& session, const nlohmann::json& arguments);
  Outcome leave(Session& session, const nlohmann::json& arguments);
  Outcome say(Session& session, const nlohmann::json& arguments);
  Outcome fault(const socket_io::Event& event) const;

  /// With who and where. False: too long for the bus; nobody hears it.
  bool tell(std::string_view room, std::string_view event, const Session& who,
            nlohmann::ordered_json data);
  void hear(const bus::Message& message);
  void hear_less(std::uint32_t from, std::uint64_t count);
  void deliver(std::string_view room, const Session::Text& text);

  const Surroundings& around_;
  bus::Member& bus_;
  Rooms rooms_;
};

}  // namespace forkscope::chat
