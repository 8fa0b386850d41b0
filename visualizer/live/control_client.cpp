#include "live/control_client.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "control/question.h"
#include "forkscope/telemetry/names.h"
#include "words/format.h"

namespace forkscope::live {

namespace {

/// A lesson hangs every worker of the largest server, and then asks once more of each.
constexpr std::size_t kMaxFired = 512;
constexpr std::size_t kMaxAsked = 512;
/// The primary has places for twice as many (supervisor/control_socket.h), and others want some.
constexpr std::size_t kMaxAskedAtOnce = 16;
constexpr std::uint64_t kPatienceNs = 1'000'000'000;

}  // namespace

struct ControlClient::Asked {
  nlohmann::json command;
  std::string done;                            ///< What to say when it is.
  std::optional<control::Question> question;   ///< None while too many others are on their way.
  std::optional<std::uint64_t> since_ns = {};  ///< Since poll() has first seen it on its way.
  bool is_late = false;                        ///< And that has been told.
};

ControlClient::ControlClient(const std::string& host, std::uint16_t port, std::string socket)
    : authority_(telemetry::authority(host, port)),
      socket_(std::move(socket)),
      address_(net::look_up(host, port)) {}

ControlClient::~ControlClient() = default;

void ControlClient::ask(const nlohmann::json& command, std::string done) {
  assert(user_.is_here());
  if (asked_.size() >= kMaxAsked) {
    untold_.push_back(
        {false, "Not asked: " + std::to_string(kMaxAsked) + " questions wait for an answer."});
    return;
  }
  asked_.push_back({command, std::move(done), {}});
  send_questions();
}

void ControlClient::send_questions() {
  const std::size_t count = std::min(asked_.size(), kMaxAskedAtOnce);
  for (std::size_t i = 0; i < count; ++i) {
    if (asked_[i].question) continue;
    asked_[i].question.emplace(telemetry::control_endpoint_at(socket_), asked_[i].command);
  }
}

void ControlClient::signal(std::uint32_t worker, const std::string& signal) {
  ask({{"cmd", "signal"}, {"worker", worker}, {"signal", signal}},
      "Sent SIG" + signal + " to worker " + std::to_string(worker) + '.');
}

void ControlClient::scale(std::uint32_t workers) {
  ask({{"cmd", "scale"}, {"workers", workers}},
      "Scaling to " + words::counted(workers, "worker") + '.');
}

void ControlClient::reload() { ask({{"cmd", "reload"}}, "Rolling reload begins."); }

void ControlClient::protect(bool on) {
  ask({{"cmd", "protect"}, {"on", on}},
      on ? "Protection is on: connections go on at other workers."
         : "Protection is off: connections end with their worker.");
}

void ControlClient::balance(telemetry::BalancePolicy policy) {
  const std::string name(telemetry::to_string(policy));
  ask({{"cmd", "balance"}, {"policy", name}}, "New connections go by " + name + " from now on.");
}

std::vector<Outcome> ControlClient::poll(std::uint64_t now_ns) {
  assert(user_.is_here());
  ask_for_offer();
  read_answers();
  std::vector<Outcome> outcomes;
  std::erase_if(asked_, [&](Asked& asked) {
    if (!asked.question) return false;
    if (const auto answer = asked.question->poll()) {
      const bool ok = answer->result == control::Answer::Result::ok;
      outcomes.push_back({ok, ok ? asked.done : "Not done: " + answer->error + '.'});
      return true;
    }
    if (!asked.since_ns) asked.since_ns = now_ns;
    if (!asked.is_late && now_ns - *asked.since_ns >= kPatienceNs) {
      asked.is_late = true;
      outcomes.push_back(
          {false, "No answer from the primary so far: what it was asked may still be done."});
    }
    return false;
  });
  std::move(untold_.begin(), untold_.end(), std::back_inserter(outcomes));
  untold_.clear();
  send_questions();
  return outcomes;
}

Outcome ControlClient::fire(const std::string& target) {
  assert(user_.is_here());
  if (!net::is_ready(address_)) {
    return {false, "Not sent: the address of " + authority_ + " is still being looked up."};
  }
  const std::optional<net::TcpAddress>& address = address_.get();
  if (!address) return {false, "Not sent: the server's address is not understood."};
  read_answers();
  if (shots_.size() >= kMaxFired) {
    return {false, "Not sent: " + std::to_string(kMaxFired) + " requests wait for an answer."};
  }
  OneShotRequest request(*address, "GET", target);
  if (request.poll() == OneShotRequest::Progress::failed) {
    return {false, "Not sent: nobody listens on " + authority_ + '.'};
  }
  shots_.push_back({std::move(request), target});
  return {true, "Sent GET " + target + '.'};
}

void ControlClient::ask_for_offer() {
  if (!question_ && net::is_ready(address_) && address_.get()) question_.emplace(*address_.get());
  if (question_) question_->poll();
}

void ControlClient::read_answers() {
  std::erase_if(shots_, [this](Shot& shot) {
    const OneShotRequest::Progress progress = shot.request.poll();
    const std::uint32_t status = shot.request.status();
    if (status != 0 && !std::exchange(shot.is_answered, true)) {
      if (status / 100 == 2) {
        ++fired_.answered;
      } else {
        ++fired_.refused;
        fired_.latest_refusal =
            "GET " + shot.target + " was answered with status " + std::to_string(status) + '.';
        untold_.push_back({false, fired_.latest_refusal});
      }
    }
    return progress != OneShotRequest::Progress::running;
  });
}

}  // namespace forkscope::live
