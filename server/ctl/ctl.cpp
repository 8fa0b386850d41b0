#include "ctl/ctl.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "ctl/connection.h"
#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/names.h"
#include "os/program_name.h"

namespace forkscope::ctl {

namespace {

using nlohmann::ordered_json;

constexpr int kExitRefused = 1;
constexpr int kExitBadUsage = 2;

/// "blocked while committing", "spin in GET /v1/faults/hang"; nothing of a worker that does not
/// hang.
std::string hang_text(const ordered_json& worker) {
  const auto hang = worker.value("hang", ordered_json());
  if (!hang.is_object()) return {};
  const std::string phase = hang.value("phase", "?");
  const auto request = worker.value("in_flight", ordered_json());
  const bool in_request = phase == "handling" && request.is_object();
  return hang.value("kind", "?") +
         (in_request ? " in " + request.value("method", "?") + " " + request.value("path", "?")
                     : " while " + phase);
}

/// The same, and "6 connections queued", which nobody has accepted yet.
std::string trouble_text(const ordered_json& worker) {
  const auto waiting = worker.value("queue_length", std::uint64_t{0});
  std::string text = hang_text(worker);
  if (waiting > 0) {
    text += (text.empty() ? "" : ", ") + telemetry::counted(waiting, "connection") + " queued";
  }
  return text;
}

/// "15 connections moved (hang 12, balance 3), 1 request lost"; nothing where nothing has happened.
std::string cost_text(const ordered_json& status) {
  const auto by_reason = status.value("moved", ordered_json::object());
  std::uint64_t moved = 0;
  std::string reasons;
  for (const auto& [reason, value] : by_reason.items()) {
    const auto count = value.get<std::uint64_t>();
    if (count == 0) continue;
    moved += count;
    reasons += (reasons.empty() ? "" : ", ") + reason + ' ' + std::to_string(count);
  }
  std::string text;
  if (moved > 0) text = telemetry::counted(moved, "connection") + " moved (" + reasons + ')';
  const std::uint64_t lost = status.value("requests_lost", std::uint64_t{0});
  if (lost > 0) text += (text.empty() ? "" : ", ") + telemetry::counted(lost, "request") + " lost";
  return text;
}

/// False: the workers run a program, and it has never told anything (docs/report-protocol.md).
bool tells_requests(const ordered_json& status) {
  if (!status.contains("command")) return true;
  return std::ranges::any_of(status.at("workers"), [](const ordered_json& worker) {
    return worker.value("reports", ordered_json::object()).value("taken", 0L) > 0;
  });
}

void print_table(const ordered_json& status) {
  std::printf("%s port %d, primary pid %d, %s wanted, balance %s, protection %s%s%s\n",
              status.value("host", "?").c_str(), status.value("port", 0), status.value("pid", 0),
              telemetry::counted(status.value("target_workers", 0U), "worker").c_str(),
              status.value("balance", "?").c_str(), status.value("protection", "?").c_str(),
              status.value("reloading", false) ? ", reloading" : "",
              status.value("stopping", false) ? ", stopping" : "");
  if (const std::string cost = cost_text(status); !cost.empty()) std::printf("%s\n", cost.c_str());
  std::printf("\n%6s %8s %4s  %-9s %6s %12s %8s %8s  %s\n", "WORKER", "PID", "GEN", "STATE",
              "CONNS", "REQUESTS", "REQ/S", "UPTIME", "HANGS");
  const bool told = tells_requests(status);
  for (const ordered_json& worker : status.at("workers")) {
    const std::string requests = std::to_string(worker.value("requests", 0L));
    char rate[32];
    std::snprintf(rate, sizeof rate, "%.0f", worker.value("requests_per_second", 0.0));
    std::printf("%6d %8d %4d  %-9s %6ld %12s %8s %7.0fs  %s\n", worker.value("number", 0),
                worker.value("pid", 0), worker.value("generation", 0),
                worker.value("state", "?").c_str(), worker.value("connections", 0L),
                told ? requests.c_str() : "-", told ? rate : "-",
                worker.value("uptime_ms", 0.0) / 1000, trouble_text(worker).c_str());
  }
}

}  // namespace

int run(int argc, char** argv) {
  std::uint16_t port = 8000;
  bool as_json = false;
  std::uint32_t number = 0;
  std::string signal;
  std::string on_or_off;
  std::string policy;
  const std::string name = os::program_name() + " ctl";
  CLI::App app("Tells a running server what to do.", name);
  app.require_subcommand(1);
  app.fallthrough();
  std::string socket;
  auto* by_port = app.add_option("--port", port, "Port of the server")->envname("PORT");
  by_port->capture_default_str();
  app.add_option("--socket", socket, "The server's control socket, where its port does not tell")
      ->type_name("PATH");
  app.add_flag("--json", as_json, "Print the server's answer as it is");
  app.add_subcommand("status", "The table of workers");
  app.add_subcommand("scale", "Change the number of workers")
      ->add_option("workers", number, "How many")
      ->required();
  app.add_subcommand("protect", "Whether connections outlive their worker")
      ->add_option("protection", on_or_off, "on or off")
      ->required()
      ->check(CLI::IsMember({"on", "off"}));
  app.add_subcommand("balance", "Tell or change who takes new connections")
      ->add_option("policy", policy, telemetry::balance_policy_names())
      ->check(telemetry::check_balance_policy);
  app.add_subcommand("reload", "Replace every worker, one by one");
  app.add_subcommand("stop", "Stop gracefully");
  CLI::App* send = app.add_subcommand("signal", "Send a signal to a worker");
  send->add_option("worker", number, "Its number")->required();
  send->add_option("signal", signal, "STOP, CONT, KILL or ABRT")
      ->required()
      ->transform(CLI::IsMember({"STOP", "CONT", "KILL", "ABRT"}, CLI::ignore_case));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::cerr << name << ": " << error.what() << " (see " << name << " --help)\n";
    return kExitBadUsage;
  }

  const std::string verb = app.get_subcommands().front()->get_name();
  ordered_json command = {{"cmd", verb}};
  if (verb == "scale") command["workers"] = number;
  if (verb == "protect") command["on"] = on_or_off == "on";
  if (verb == "balance" && !policy.empty()) command["policy"] = policy;
  if (verb == "signal") command.update({{"worker", number}, {"signal", signal}});
  const ordered_json reply =
      ask(socket.empty() ? connect_to_port(port) : connect_to_path(socket), command);
  const bool done = reply.value("ok", false);
  if (as_json) {
    std::cout << reply.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << '\n';
  } else if (!done) {
    std::cerr << name << ": " << reply.value("error", "refused") << '\n';
  } else if (verb == "status") {
    print_table(reply);
  } else if (verb == "balance" && policy.empty()) {
    std::printf("%s\n", reply.value("balance", "?").c_str());
  }
  std::cout.flush();
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || !std::cout) {
    throw std::runtime_error(std::string("the answer cannot be written: ") + std::strerror(errno));
  }
  return done ? 0 : kExitRefused;
}

}  // namespace forkscope::ctl
