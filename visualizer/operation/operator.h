// The operator: is told what is wished, carries it out on the server that is looked at, and tells
// what has become of it. The window, the terminal view and the lessons each have no other way to a
// server.
//
//   key, button, lesson ──wish──▶ operator ──▶ control client ──▶ primary, workers
//                                    │    └──▶ load generator ──▶ workers
//                                    └──▶ session: which server is looked at
//
// Borrows the session; owns the client and the load, which follow the server that the session looks
// at. Nothing waits for anybody. Main thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "live/control_client.h"
#include "operation/answered_targets.h"
#include "operation/chosen_load.h"
#include "operation/wish.h"
#include "session/session.h"
#include "words/command_lines.h"

namespace forkscope::operation {

/// For whoever offers a choice of servers where there is none.
inline constexpr const char* kNoOtherServer = "There is no other server to look at.";

class Operator {
 public:
  explicit Operator(session::Session& session) : session_(session) {}

  /// Follows the server that is looked at, and hears what has become of wishes. Call it once per
  /// turn of the loop, after Session::poll(). `now_ns` is CLOCK_MONOTONIC.
  void poll(std::uint64_t now_ns);

  /// False: it cannot be done, and take_notice() says why.
  bool carry_out(const Wish& wish);
  /// What has become of wishes, and of the load: the latest line for people, once; or nothing.
  std::string take_notice();
  /// Whether somebody owes an answer, so that poll() is worth calling soon.
  bool waits() const { return client_ && client_->asking(); }

  /// What wishes act on. Nothing until there is a server, and in a replay.
  std::optional<words::ServerAddress> server() const;
  /// Why that is nothing: one line for people. Empty: it is not.
  std::string why_not() const;

  /// What the server has of what wishes ask for. Asked of each server once; until it has answered,
  /// it is taken to have what is not known.
  picture::Offer offer() const { return client_ ? client_->offer() : picture::Offer{}; }
  /// What has become of the faults that were fired at it.
  live::Fired fired() const { return client_ ? client_->fired() : live::Fired{}; }

  /// What the load can ask it for, besides its todos.
  const std::vector<load::Target>& answered() const { return answered_.all(); }
  /// Why there can be no load: one line for people. Empty: there can.
  std::string why_no_load() const;
  /// Whether POSTs of todos are among it, as the options say.
  bool load_has_posts() const { return load_.has_posts(); }
  const load::LoadOptions& load_options() const { return load_.options(); }
  const load::LoadStatus& load_status() const { return load_.status(); }

 private:
  void follow();
  void leave_server();

  bool act(const Fire& fire);
  bool act(const SendSignal& signal);
  bool act(const ScaleBy& scale);
  bool act(const Reload&);
  bool act(const Protect& protect);
  bool act(const ToggleProtection&);
  bool act(const Balance& balance);
  bool act(const NextBalance&);
  bool act(const ToggleLoad&);
  bool act(const ChangeLoad& change);
  bool act(const StartLoad& start);
  bool act(const StopLoad&);
  bool act(const LookAt& look);
  bool act(const LookAtNext&);

  /// Whether there is a server to act on; says so when there is none.
  bool may_act();
  bool refuse(std::string why);

  session::Session& session_;
  std::unique_ptr<live::ControlClient> client_;  // null: there is nobody to act on
  std::uint64_t instance_ = 0;                   // whose `client_` that is
  std::string program_;                          // what it runs, for a shell; empty: unknown
  AnsweredTargets answered_;
  ChosenLoad load_;
  std::string chosen_;  // the socket that the latest look has led to
  std::string notice_;
};

}  // namespace forkscope::operation
