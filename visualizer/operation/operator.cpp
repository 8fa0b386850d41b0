#include "operation/operator.h"

#include <algorithm>
#include <utility>

#include "live/program_name.h"
#include "load/clients_saw.h"
#include "words/format.h"
#include "words/lacks.h"

namespace forkscope::operation {

using telemetry::BalancePolicy;
using telemetry::Protection;

namespace {

/// "Load: 2.0k requests/s over 16 connections; L stops it." Whoever has another target is told.
std::string describe(const load::LoadOptions& options) {
  const double rate = options.requests_per_second;
  const bool todos = options.target == load::Target{};
  return "Load: " + (rate > 0 ? words::compact(rate) + " requests/s" : "flat out") +
         (todos ? "" : ", " + load::described(options.target) + ',') + " over " +
         words::counted(options.connections, options.fresh ? "client" : "connection") +
         (options.fresh ? ", a connection for each request" : "") + "; L stops it.";
}

}  // namespace

void Operator::poll(std::uint64_t now_ns) {
  if (session_.is_replay()) return;
  load_.poll();
  follow();
  if (!client_) return;
  for (live::Outcome& outcome : client_->poll(now_ns)) notice_ = std::move(outcome.message);
  answered_.add(session_.new_answers());
  load_.offer(client_->offer(), answered_.all());
}

void Operator::follow() {
  const picture::Snapshot& now = session_.history().latest();
  const picture::ServerInfo& server = now.server;
  if (now.attachment == picture::Attachment::lost && load_.status().running) {
    load_.stop();
    notice_ = "Load is off: the server is gone. Its " + load::clients_saw(load_.status()) + '.';
  }
  load_.suit(now.workers.size());
  // None has been found so far, or the one that is looked at now gives no picture.
  if (server.port == 0) return leave_server();
  if (!client_ || instance_ != server.instance_id) {
    leave_server();
    client_ = std::make_unique<live::ControlClient>(server.host, server.port, server.socket);
    instance_ = server.instance_id;
    program_ = live::program_of(server.primary_pid);
    answered_ = {};
    load_.aim_at(server.host, server.port);
  }
  client_->use_socket(server.socket);
}

/// The load belongs to it, and so does what it was asked.
void Operator::leave_server() {
  if (!client_) return;
  load_.stop();
  client_.reset();
}

bool Operator::carry_out(const Wish& wish) {
  return std::visit([this](const auto& one) { return act(one); }, wish);
}

std::string Operator::take_notice() { return std::exchange(notice_, {}); }

std::optional<words::ServerAddress> Operator::server() const {
  if (!client_) return std::nullopt;
  words::ServerAddress address{load_.options().host, load_.options().port};
  if (!program_.empty()) address.program = program_;
  return address;
}

std::string Operator::why_not() const {
  if (client_) return {};
  return session_.is_replay() ? "This is a recording: there is no server to act on."
                              : "There is no server to act on.";
}

bool Operator::may_act() { return client_ || refuse(why_not()); }

std::string Operator::why_no_load() const { return load_.has_target() ? "" : words::kNoLoad; }

bool Operator::refuse(std::string why) {
  notice_ = std::move(why);
  return false;
}

bool Operator::act(const Fire& fire) {
  if (!may_act()) return false;
  if (!session_.history().latest().server.faults_enabled) {
    return refuse(words::kFaultsAreOff);
  }
  if (offer().faults == picture::Has::no) return refuse(words::no_faults(fire.instead));
  const live::Outcome outcome = client_->fire(fire.target);
  notice_ = outcome.message;
  return outcome.ok;
}

bool Operator::act(const SendSignal& signal) {
  if (!may_act()) return false;
  if (signal.worker == 0) {
    return refuse("There is no worker to send SIG" + signal.name + " to.");
  }
  client_->signal(signal.worker, signal.name);
  return true;
}

bool Operator::act(const ScaleBy& scale) {
  if (!may_act()) return false;
  const int wanted = static_cast<int>(session_.history().latest().workers.size()) + scale.workers;
  if (wanted < 1) return refuse("The last worker stays.");
  client_->scale(static_cast<std::uint32_t>(wanted));
  return true;
}

bool Operator::act(const Reload&) {
  if (!may_act()) return false;
  client_->reload();
  return true;
}

bool Operator::act(const Protect& protect) {
  if (!may_act()) return false;
  if (session_.history().latest().server.protection == Protection::unknown) {
    return refuse("This server does not know protection: connections end with their worker.");
  }
  client_->protect(protect.on);
  return true;
}

bool Operator::act(const ToggleProtection&) {
  return act(Protect{session_.history().latest().server.protection != Protection::on});
}

bool Operator::act(const Balance& balance) {
  if (!may_act()) return false;
  if (session_.history().latest().server.balance == BalancePolicy::unknown) {
    return refuse(words::kOneWay);
  }
  client_->balance(balance.policy);
  return true;
}

bool Operator::act(const NextBalance&) {
  const BalancePolicy now = session_.history().latest().server.balance;
  return act(Balance{now >= BalancePolicy::random
                         ? BalancePolicy::least
                         : static_cast<BalancePolicy>(static_cast<int>(now) + 1)});
}

bool Operator::act(const ToggleLoad&) {
  if (!may_act()) return false;
  load_.poll();
  if (load_.status().running) {
    load_.stop();
    notice_ = "Load is off. Its " + load::clients_saw(load_.status()) + '.';
  } else {
    if (!load_.has_target()) return refuse(why_no_load());
    load_.start();
    notice_ = describe(load_.options());
  }
  return true;
}

bool Operator::act(const ChangeLoad& change) {
  if (!may_act()) return false;
  const load::Target before = load_.options().target;
  if (change.setting == LoadSetting::long_share) {
    if (!session_.history().latest().server.faults_enabled) return refuse(words::kFaultsAreOff);
    if (offer().faults == picture::Has::no) return refuse(words::no_faults({}));
  }
  load_.change(change.setting);
  if (change.setting == LoadSetting::long_share) {
    notice_ = "Of the load, " + words::percent(load_.options().long_share) +
              " are requests that burn 20 ms of CPU time.";
  }
  if (change.setting == LoadSetting::fresh) {
    notice_ = load_.options().fresh ? "Each request of the load has a connection of its own."
                                    : "The clients of the load keep their connections.";
  }
  if (change.setting != LoadSetting::target) return true;
  if (!load_.has_target()) return refuse(why_no_load());
  if (load_.options().target == before) {
    return refuse("The load asks for " + load::described(before) +
                  ": this server has answered nothing else so far.");
  }
  notice_ = "The load asks for " + load::described(load_.options().target) + '.';
  return true;
}

bool Operator::act(const StartLoad& start) {
  if (!may_act()) return false;
  if (!load_.has_target()) return refuse(why_no_load());
  load_.start(start);
  return true;
}

bool Operator::act(const StopLoad&) {
  load_.stop();
  return true;
}

bool Operator::act(const LookAt& look) {
  const telemetry::ControlEndpoint endpoint = look.server.endpoint;
  const bool other = endpoint.path != session_.history().latest().server.socket;
  // One that has gone meanwhile is no choice: the history of the one shown would be given away for
  // nothing.
  if (other && !session_.runs(endpoint)) {
    return refuse("The server on " + look.server.name + " is gone.");
  }
  if (other) notice_.clear();  // what was done to the one before
  chosen_ = endpoint.path;
  session_.choose(endpoint);
  follow();
  return true;
}

bool Operator::act(const LookAtNext&) {
  const picture::RunningServers servers = session_.servers();
  const std::string& seen = session_.history().latest().server.socket;
  // Of one that gives no picture nothing is known; the way leads on from there as well.
  const std::string& looked_at = seen.empty() ? chosen_ : seen;
  const auto here = std::find_if(servers.begin(), servers.end(), [&](const auto& server) {
    return server.endpoint.path == looked_at;
  });
  const bool is_last = here == servers.end() || here + 1 == servers.end();
  const auto next = is_last ? servers.begin() : here + 1;
  if (next == here) return refuse(kNoOtherServer);
  return act(LookAt{*next});
}

}  // namespace forkscope::operation
