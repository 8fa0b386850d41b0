// A client of the server's control socket, and the few HTTP requests that fire faults.
//
// Used by the visualizer's buttons and keys. No call waits for anybody, neither for the primary nor
// for a resolver of names: what is asked and fired goes out at once, and what has become of it is
// told by poll(). Main thread only.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "live/offer_question.h"
#include "live/one_shot_request.h"
#include "net/tcp_client.h"
#include "os/one_thread.h"
#include "picture/offer.h"

namespace forkscope::live {

struct Outcome {
  bool ok = false;
  std::string message;  ///< One line for people: what was done, or why not.
};

/// What has become of the requests that were fired. One without an answer is in none of these: it
/// may hang by design.
struct Fired {
  std::uint64_t answered = 0;  ///< With 2xx.
  std::uint64_t refused = 0;   ///< With another status.
  std::string latest_refusal;  ///< "GET /v1/faults/hang was answered with status 404."
};

class ControlClient {
 public:
  /// `host` and `port` as the segment's header names them. `socket`: the path of its control
  /// socket, which may change while the server runs (endpoint.h).
  ControlClient(const std::string& host, std::uint16_t port, std::string socket);
  ~ControlClient();
  ControlClient(const ControlClient&) = delete;
  ControlClient& operator=(const ControlClient&) = delete;

  void use_socket(const std::string& path) { socket_ = path; }

  // Questions to the primary, answered by poll().
  /// Has it send a signal: "KILL", "STOP", "CONT", "ABRT".
  void signal(std::uint32_t worker, const std::string& signal);
  /// Sets the wanted number of workers.
  void scale(std::uint32_t workers);
  /// Begins a rolling reload.
  void reload();
  /// Has connections outlive their worker from now on, or not.
  void protect(bool on);
  /// Has new connections go by that policy from now on.
  void balance(telemetry::BalancePolicy policy);

  /// Sends `GET <target>` on a connection of its own and lets go of it after the answer or when
  /// the server closes it. It may hang by design, so nobody waits for the answer; one that says
  /// another status than 2xx is told by poll().
  Outcome fire(const std::string& target);
  /// Of all that was fired, as of the latest poll().
  const Fired& fired() const { return fired_; }
  /// What the server has: poll() asks it once, and this is unknown until it has answered.
  picture::Offer offer() const { return question_ ? question_->offer() : picture::Offer{}; }

  /// What has become of questions since the call before. Of one that has had no answer for a second
  /// it says so, once, and goes on waiting: a primary that was stopped will do it later. Also reads
  /// the answers of what was fired. Call it once per frame. `now_ns` is CLOCK_MONOTONIC.
  std::vector<Outcome> poll(std::uint64_t now_ns);
  /// Whether there are questions without an answer, so that poll() is worth calling soon.
  bool asking() const { return !asked_.empty(); }

 private:
  struct Asked;
  /// A request that was fired and is not over yet.
  struct Shot {
    OneShotRequest request;
    std::string target;
    bool is_answered = false;
  };
  void ask(const nlohmann::json& command, std::string done);
  void send_questions();
  void ask_for_offer();
  void read_answers();

  [[no_unique_address]] os::OneThread user_;
  std::string authority_;
  std::string socket_;
  net::AddressLookup address_;
  std::vector<Asked> asked_;     // without an answer so far, oldest first; bounded
  std::vector<Outcome> untold_;  // to be told by poll()
  std::vector<Shot> shots_;      // oldest first; bounded
  Fired fired_;
  std::optional<OfferQuestion> question_;  // as soon as there is an address
};

}  // namespace forkscope::live
