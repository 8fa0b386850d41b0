#include "options/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "forkscope/telemetry/names.h"
#include "options/duration.h"
#include "os/cpu_count.h"
#include "os/listening_socket.h"
#include "os/program_name.h"

namespace forkscope::options {

namespace {

constexpr int kExitBadUsage = 2;

CLI::Validator duration_validator() {
  return CLI::Validator(
      [](std::string& text) {
        return parse_duration(text) ? std::string() : "is not a duration such as 250ms, 2s or 1m";
      },
      "DURATION");
}

/// For limits that make no sense at all when they are 0.
CLI::Validator positive_duration_validator() {
  return CLI::Validator(
      [](std::string& text) {
        const auto parsed = parse_duration(text);
        return parsed && *parsed >= std::chrono::milliseconds(1)
                   ? std::string()
                   : "is not a duration such as 250ms, 2s or 1m";
      },
      "DURATION");
}

/// Limits on clients, with their defaults where they are defined: http/limits.h.
void add_limits(CLI::App& app, http::Limits& limits) {
  const auto add_timeout = [&app](const std::string& name, std::chrono::milliseconds& timeout,
                                  const std::string& description) {
    app.add_option_function<std::string>(
           name,
           [&timeout](const std::string& text) {
             timeout = std::chrono::floor<std::chrono::milliseconds>(*parse_duration(text));
           },
           description)
        ->default_str(std::to_string(timeout.count() / 1000) + "s")
        ->check(positive_duration_validator());
  };
  app.add_option("--max-connections", limits.max_connections, "Open connections per worker")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option_function<std::size_t>(
         "--max-head",
         [&limits](std::size_t bytes) {
           limits.max_head_bytes = bytes;
           limits.max_target_bytes = bytes / 2;
         },
         "Bytes of a request's head; half of them for its target")
      ->default_str(std::to_string(limits.max_head_bytes))
      ->check(CLI::Range(1024, 1 << 20));
  app.add_option("--max-body", limits.max_body_bytes, "Bytes of a request's body")
      ->check(CLI::Range(0, 1 << 30));
  add_timeout("--head-timeout", limits.head_timeout, "How long the head of a request may take");
  add_timeout("--body-timeout", limits.body_timeout, "How long the body of a request may take");
  add_timeout("--idle-timeout", limits.idle_timeout, "How long a connection may wait between two");
  add_timeout("--write-timeout", limits.write_timeout, "How long a client may read nothing");
}

std::string check_proxies(const std::string& text) {
  return http::TrustedProxies::parse(text) ? std::string()
                                           : "has to be none, or addresses, networks such as "
                                             "10.0.0.0/8 and loopback, with commas";
}

/// "auto" or a number; nothing for anything else.
std::optional<std::uint32_t> parse_workers(const std::string& text) {
  if (text == "auto") return std::min(os::usable_cpus(), telemetry::kMaxSlots);
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || number < 1 || number > telemetry::kMaxSlots) {
    return std::nullopt;
  }
  return number;
}

std::string check_workers(const std::string& text) {
  return parse_workers(text)
             ? std::string()
             : "has to be auto or a number from 1 to " + std::to_string(telemetry::kMaxSlots);
}

/// What CLI11 blames an option for may have come from the environment.
std::string with_origin(const std::string& error, const CLI::App& app,
                        std::span<const char* const> arguments) {
  for (const CLI::Option* option : app.get_options()) {
    const char* value =
        option->get_envname().empty() ? nullptr : std::getenv(option->get_envname().c_str());
    const auto names_it = [option](std::string_view argument) {
      return argument.starts_with(option->get_name());
    };
    if (value != nullptr && error.find(option->get_name()) != std::string::npos &&
        std::ranges::none_of(arguments, names_it)) {
      return error + ", from the environment: " + option->get_envname() + "=" + value;
    }
  }
  return error;
}

/// CLI11 from 2.4 on ignores what it cannot use of the environment.
void refuse_what_was_passed_over(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_envname();
    const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
    if (value != nullptr && *value != '\0' && option->count() == 0) {
      throw CLI::ValidationError(option->get_name(), "cannot be that");
    }
  }
}

/// Options of a server of ours. What they decide, a program that is run decides for itself, and
/// none of them is passed over in silence.
void refuse_options_of_ours(CLI::App& app) {
  for (const char* option :
       {"--db", "--max-connections", "--max-head", "--max-body", "--head-timeout", "--body-timeout",
        "--idle-timeout", "--write-timeout", "--trusted-proxies", "--faults", "--balance",
        "--protect", "--pin"}) {
    const auto refuse = [option](const std::string&) {
      throw CLI::ValidationError(option, "not for `run`, where the program decides about that");
    };
    app.add_option_function<std::string>(option, refuse)->expected(0, 1)->group("");
  }
}

/// `run OPTIONS -- COMMAND…`, taken apart.
struct CommandLine {
  bool runs = false;
  std::vector<char*> options;  ///< The program's name in front.
  std::vector<std::string> command;
};

CommandLine take_apart(int argc, char** argv, bool may_run) {
  CommandLine line;
  line.runs = may_run && argc > 1 && std::string_view(argv[1]) == "run";
  if (!line.runs) {
    line.options.assign(argv, argv + argc);
    return line;
  }
  char** const end = argv + argc;
  char** const dashes =
      std::find_if(argv, end, [](const char* word) { return std::string_view(word) == "--"; });
  line.options.assign(argv + 1, dashes);
  if (dashes != end) line.command.assign(dashes + 1, end);
  return line;
}

}  // namespace

Parsed parse(int argc, char** argv, const About& about) {
  Settings settings;
  CommandLine line = take_apart(argc, argv, about.runs_commands);
  supervisor::Settings& primary = settings.primary;
  worker::Settings& worker = settings.worker;
  std::string workers = "auto";
  std::string faults = "auto";
  std::string balance = "least";
  std::string protect = "on";
  std::string log_format = "text";
  std::string trusted_proxies = "loopback";
  std::string hang_after = "2s";
  std::string kill_after = "5s";
  std::string boot_timeout = "10s";
  std::string boot_patience = "30s";
  std::string drain_timeout = "30s";

  bool waits_for_ready = false;
  const std::string name = os::program_name() + (line.runs ? " run" : "");
  std::string head = about.description + "\n" + name + " ctl --help: commands for one that runs.";
  if (about.runs_commands) {
    head += "\n" + name + " run --help: workers that run a program of your own.";
  }
  if (line.runs) {
    head = "Runs a program in each worker: " + name + " [OPTIONS] -- COMMAND…\n" +
           "COMMAND gets the listening socket as descriptor 3 (LISTEN_FDS).";
  }
  CLI::App app(head, name);
  app.set_version_flag("--version", name + " (Forkscope " FORKSCOPE_VERSION ")");
  app.option_defaults()->always_capture_default();
  app.add_option("--host", primary.host, "Address to listen on");
  app.add_option("--port", primary.port, "Port to listen on; 0 lets the system choose")
      ->envname("PORT")
      ->check(CLI::Range(0, 65535));
  app.add_option("--workers", workers, "Number of workers; auto: the CPUs this process may use")
      ->envname("WEB_CONCURRENCY")
      ->check(check_workers);
  if (line.runs) {
    refuse_options_of_ours(app);
    app.add_flag("--wait-for-ready", waits_for_ready,
                 "A worker serves when its program reports that it is ready, not at once");
  } else {
    worker.database = about.database.value_or(os::short_name(name) + ".db");
    if (!worker.database.empty()) app.add_option("--db", worker.database, "The database file");
  }
  app.add_option("--hang-after", hang_after, "A busy worker without progress for this long is hung")
      ->check(duration_validator());
  app.add_option("--kill-after", kill_after,
                 "A hung worker is killed this long after the stuck request began; 0: never")
      ->check(duration_validator());
  app.add_option("--boot-timeout", boot_timeout, "A worker has to be ready within this time")
      ->check(duration_validator());
  app.add_option("--boot-patience", boot_patience,
                 line.runs ? "How long to try to start while no program becomes ready"
                           : "How long to try to start while a database is locked, full or not "
                             "there yet")
      ->check(duration_validator());
  app.add_option("--drain-timeout", drain_timeout, "How long a graceful stop may take")
      ->check(duration_validator());
  if (!line.runs) {
    add_limits(app, worker.limits);
    app.add_option("--trusted-proxies", trusted_proxies,
                   "Whose X-Forwarded-Proto, -Host, -Prefix and Forwarded count")
        ->check(check_proxies);
    app.add_option("--faults", faults,
                   "The /v1/faults/ endpoints; auto: only on a loopback address")
        ->check(CLI::IsMember({"auto", "on", "off"}));
    app.add_option("--balance", balance,
                   "Who takes a new connection: " + telemetry::balance_policy_names())
        ->check(telemetry::check_balance_policy);
    app.add_option("--protect", protect,
                   "Whether connections go on at other workers when theirs hangs, dies or drains")
        ->check(CLI::IsMember({"on", "off"}));
    app.add_flag("--pin", worker.pin, "Keep each worker on one CPU");
  }
  app.add_option("--log-format", log_format, "Log lines on stderr")
      ->check(CLI::IsMember({"text", "json"}));

  if (!line.runs) {
    for (const std::string& option : about.without) app.remove_option(app.get_option(option));
    if (about.add_options) about.add_options(app);
  }

  try {
    app.parse(static_cast<int>(line.options.size()), line.options.data());
    refuse_what_was_passed_over(app);
    if (line.runs && line.command.empty()) throw CLI::RequiredError("-- COMMAND…");
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return {std::nullopt, app.exit(error)};  // help, version
    std::cerr << name << ": " << with_origin(error.what(), app, line.options) << " (see --help)\n";
    return {std::nullopt, kExitBadUsage};
  }

  if (const auto inherited = os::inherited_listening_socket()) {
    primary.inherited_socket = inherited->fd;
    primary.host = inherited->host;
    primary.port = inherited->port;
  }
  primary.workers = *parse_workers(workers);
  // All workers mean the same file, also when the directory of the primary is renamed.
  if (std::string& path = worker.database; !path.empty()) {
    path = std::filesystem::absolute(path).string();
  }
  if (about.messages) worker.messages_among = supervisor::slots_for(primary.workers);
  primary.hang_after = *parse_duration(hang_after);
  primary.kill_after = parse_duration(kill_after);
  if (primary.kill_after->count() == 0) primary.kill_after.reset();
  primary.boot_timeout = *parse_duration(boot_timeout);
  primary.boot_patience = *parse_duration(boot_patience);
  primary.drain_timeout = *parse_duration(drain_timeout);
  primary.balance = *telemetry::balance_policy(balance);
  primary.protect = protect == "on";
  if (line.runs) {
    settings.program = program::Settings{std::move(line.command), waits_for_ready};
    primary.balance = telemetry::BalancePolicy::kernel;
    primary.protect = false;
  }
  // A little earlier than the primary's own deadline, so that nobody needs to be killed.
  worker.limits.drain_timeout =
      std::chrono::floor<std::chrono::milliseconds>(primary.drain_timeout) * 9 / 10;
  worker.faults_enabled = faults == "on" || (faults == "auto" && os::is_loopback(primary.host));
  worker.trusted_proxies = *http::TrustedProxies::parse(trusted_proxies);
  primary.log_format =
      log_format == "json" ? supervisor::LogFormat::json : supervisor::LogFormat::text;
  if (primary.hang_after.count() == 0 || primary.boot_timeout.count() == 0) {
    std::cerr << name
              << ": --hang-after and --boot-timeout have to be longer than 0 (see --help)\n";
    return {std::nullopt, kExitBadUsage};
  }
  const CLI::Option* own_kill_after = app.get_option_no_throw("--kill-after");
  if (own_kill_after != nullptr && own_kill_after->count() > 0 && primary.kill_after &&
      *primary.kill_after < primary.hang_after) {
    std::cerr << name << ": --kill-after " << kill_after << " is shorter than --hang-after "
              << hang_after << ": a worker is called hung before it is killed (see --help)\n";
    return {std::nullopt, kExitBadUsage};
  }
  return {settings, 0};
}

}  // namespace forkscope::options
