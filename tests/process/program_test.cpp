// Workers that run a program of somebody else's (server/program/): some_program.py, which does what
// requests ask of it, and others of the system.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "support/figures.h"
#include "support/proc.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::is_dead;
using support::Readiness;
using support::ServerOptions;
using support::ServerProcess;
using support::wait_for_log;
using support::wait_for_successor;
using support::wait_until;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// `run OPTIONS -- COMMAND`; COMMAND as a shell takes it.
ServerOptions running(const std::string& command, std::vector<std::string> arguments = {},
                      int workers = 1) {
  ServerOptions options;
  options.workers = workers;
  options.arguments = std::move(arguments);
  options.launcher = {"/bin/sh", "-c", R"(server=$1; shift; exec "$server" run "$@" -- )" + command,
                      "sh"};
  return options;
}

ServerOptions some_program(const std::string& flags = "", std::vector<std::string> arguments = {},
                           int workers = 1) {
  return running("/usr/bin/python3 -B " SOME_PROGRAM " " + flags, std::move(arguments), workers);
}

nlohmann::json ask(const ServerProcess& server, const std::string& path,
                   const std::string& body = "") {
  return nlohmann::json::parse(server.request("POST", path, body).body);
}

/// The line is at the reporter, or on the way.
void tell(const ServerProcess& server, const std::string& line) {
  EXPECT_EQ(ask(server, "/tell", line)["told"], true);
}

nlohmann::json event_texts(const ServerProcess& server, telemetry::EventKind kind) {
  nlohmann::json texts = nlohmann::json::array();
  for (const telemetry::EventRecord& event : support::Figures(server).events()) {
    if (event.kind != static_cast<std::uint16_t>(kind)) continue;
    texts.push_back(std::string(event.text, event.text_bytes));
  }
  return texts;
}

/// Until the worker's program has been replaced and serves.
bool is_replaced(const ServerProcess& server, int generation = 2) {
  return support::wait_for_generation(server, 1, generation) &&
         wait_until([&] { return server.request("GET", "/").status == 200; });
}

bool all_die(const nlohmann::json& pids) {
  return wait_until([&] {
    return std::ranges::all_of(pids, [](const nlohmann::json& pid) { return is_dead(pid); });
  });
}

TEST(Program, GetsItsSocketAsFromAServiceManager) {
  const ServerProcess server(
      running("sh -c 'grep ^Sig /proc/self/status >signals; exec python3 -B " SOME_PROGRAM "'"));
  const auto self = ask(server, "/self");
  EXPECT_EQ(self["environment"]["LISTEN_FDS"], "1");
  EXPECT_EQ(self["environment"]["LISTEN_PID"], std::to_string(self["pid"].get<pid_t>()));
  EXPECT_EQ(self["environment"]["FORKSCOPE_WORKER"], "1");
  EXPECT_EQ(self["environment"]["FORKSCOPE_HANG_AFTER_MS"], "2000");
  EXPECT_EQ(self["files"]["0"], "/dev/null");
  EXPECT_THAT(self["files"]["3"].get<std::string>(), HasSubstr("socket:"));
  EXPECT_THAT(self["files"]["4"].get<std::string>(), HasSubstr("pipe:"));
  // Its selector, the directory that it lists, and its client.
  EXPECT_LE(self["highest"], 7);
  std::ifstream signals(server.directory() / "signals");
  for (std::string name, mask; signals >> name >> mask;) {
    if (name != "SigBlk:" && name != "SigIgn:") continue;
    EXPECT_EQ(mask, "0000000000000000") << name;
  }
}

TEST(Program, MayBlockInAccept) {
  const std::string loop =
      R"(
import socket
listener = socket.socket(fileno=3)
while True:
  client, _ = listener.accept()
  client.recv(4096)
  client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
  client.close()
)";
  const ServerProcess server(running("python3 -c '" + loop + "'", {}, 2));
  EXPECT_EQ(server.request("GET", "/").status, 200);
  EXPECT_TRUE(support::wait_while_watched(server, 1, std::chrono::seconds(1))) << "it waits";
  EXPECT_EQ(server.worker(1)["respawns"], 0);
}

TEST(Program, IsSaidInTheStatus) {
  const ServerProcess server(running("python3 -B " SOME_PROGRAM " 'with a space'"));
  const auto status = server.control({{"cmd", "status"}});
  EXPECT_THAT(status["command"], ElementsAre("python3", "-B", SOME_PROGRAM, "with a space"));
  EXPECT_EQ(status["balance"], "kernel");
  EXPECT_EQ(status["protection"], "off");
}

TEST(Program, CannotBeGivenWhatItDoesItself) {
  const ServerProcess server(some_program());
  const auto balance = server.control({{"cmd", "balance"}, {"policy", "least"}});
  EXPECT_THAT(balance["error"].get<std::string>(), HasSubstr("as the kernel wakes them"));
  const auto protect = server.control({{"cmd", "protect"}, {"on", true}});
  EXPECT_THAT(protect["error"].get<std::string>(), HasSubstr("end with them"));
}

class BadRun : public ::testing::TestWithParam<std::tuple<const char*, int, const char*>> {};

TEST_P(BadRun, EndsTheStartWithOneLine) {
  const auto& [line, exit_code, says] = GetParam();
  ServerOptions options = running("");
  options.launcher[2] = std::string(R"(server=$1; shift; exec "$server" run "$@" )") + line;
  ServerProcess server(options, Readiness::kIgnore);
  EXPECT_EQ(server.wait_for_exit(), exit_code);
  EXPECT_EQ(support::count_in(server.log(), "todos-server run: ") +
                support::count_in(server.log(), "todos-server: "),
            1)
      << server.log();
  EXPECT_THAT(server.log(), HasSubstr(says));
}

INSTANTIATE_TEST_SUITE_P(
    EachOfThem, BadRun,
    ::testing::Values(std::tuple{"-- no-such-program", 3, "cannot run no-such-program"},
                      std::tuple{"-- /etc/passwd", 3, "/etc/passwd: Permission denied"},
                      std::tuple{"--", 2, "-- COMMAND"}, std::tuple{"", 2, "-- COMMAND"},
                      std::tuple{"sleep 9", 2, "not expected: 9 sleep"},
                      std::tuple{"--db x -- sleep 9", 2, "--db: not for `run`"},
                      std::tuple{"--balance least -- sleep 9", 2, "--balance: not for `run`"},
                      std::tuple{"--pin -- sleep 9", 2, "--pin: not for `run`"},
                      std::tuple{"--wait-for-ready --boot-patience 0 -- sh -c 'exit 7'", 4,
                                 "ended before it was ready: exit code 7"}));

TEST(Program, ThatEndsIsReplaced) {
  const ServerProcess server(some_program());
  const auto connection = server.start_request("/exit/7");
  ASSERT_TRUE(is_replaced(server));
  EXPECT_EQ(server.worker(1)["last_exit"]["cause"], "exit");
  EXPECT_EQ(server.worker(1)["last_exit"]["code"], 7);
}

TEST(Program, ThatCrashesIsReplaced) {
  const ServerProcess server(some_program());
  const auto connection = server.start_request("/signal/" + std::to_string(SIGSEGV));
  ASSERT_TRUE(is_replaced(server));
  EXPECT_EQ(server.worker(1)["last_exit"]["signal"], "SIGSEGV");
}

TEST(Program, ThatEndsAgainAndAgainHasToWait) {
  const ServerProcess server(running("false"), Readiness::kIgnore);
  EXPECT_TRUE(wait_for_log(server, "worker 1 restarts in "));
}

TEST(Program, IsReadyWhenItSaysSo) {
  const ServerProcess server(some_program("--late --ready", {"--wait-for-ready"}));
  EXPECT_GE(server.worker(1)["reports"]["taken"], 1);
  EXPECT_TRUE(wait_for_log(server, "listening"));
}

TEST(Program, StopsCleanly) {
  ServerProcess server(some_program());
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(Program, MayLeaveSigtermToTheKernel) {
  ServerProcess server(running("sleep 1000"), Readiness::kIgnore);
  ASSERT_TRUE(wait_for_log(server, "listening"));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(Program, IsReloadedWithoutALostRequest) {
  const ServerProcess server(some_program("--ready", {"--wait-for-ready"}, 2));
  ASSERT_EQ(server.control({{"cmd", "reload"}})["ok"], true);
  long answered = 0;
  ASSERT_TRUE(wait_until([&] {
    EXPECT_EQ(server.request("GET", "/").status, 200);
    ++answered;
    return server.worker(2)["generation"] == 2 && server.worker(1)["generation"] == 2;
  }));
  EXPECT_GT(answered, 0);
  EXPECT_EQ(server.worker(1)["last_exit"]["code"], 0);
}

TEST(Program, ScalesLikeAnyWorker) {
  const ServerProcess server(some_program());
  ASSERT_EQ(server.control({{"cmd", "scale"}, {"workers", 3}})["ok"], true);
  EXPECT_TRUE(support::wait_for_generation(server, 3, 1));
  ASSERT_EQ(server.control({{"cmd", "scale"}, {"workers", 1}})["ok"], true);
  EXPECT_TRUE(wait_until([&] {
    return server.control({{"cmd", "status"}})["workers"].size() == 1;
  }));
}

// ── what it tells ──

TEST(Program, IsCalledHungWhenItsBeatIsMissed) {
  const ServerProcess server(
      some_program("--beat --report", {"--hang-after=1s", "--kill-after=3s"}));
  const auto connection = server.start_request("/hang");
  ASSERT_EQ(support::wait_for_hang(server, 1), 1);
  EXPECT_EQ(server.worker(1)["in_flight"]["path"], "/hang");
  ASSERT_TRUE(is_replaced(server));
  EXPECT_EQ(server.worker(1)["last_exit"]["signal"], "SIGABRT");
  EXPECT_EQ(server.worker(1)["last_exit"]["was_hung"], true);
  EXPECT_EQ(server.worker(1)["last_exit"]["abandoned"], 1);
  EXPECT_THAT(event_texts(server, telemetry::EventKind::hung), Contains("GET /hang"));
  EXPECT_THAT(server.log(), HasSubstr("spin"));
}

TEST(Program, RecoversWithItsNextBeat) {
  const ServerProcess server(
      some_program("--beat --report", {"--hang-after=500ms", "--kill-after=0"}));
  const auto connection = server.start_request("/sleep/2");
  ASSERT_EQ(support::wait_for_hang(server, 1), 1);
  EXPECT_EQ(server.worker(1)["hang"]["kind"], "blocked");
  EXPECT_TRUE(wait_until([&] { return server.worker_state(1) == "idle"; }));
  EXPECT_EQ(server.worker(1)["generation"], 1);
  EXPECT_GE(event_texts(server, telemetry::EventKind::recovered).size(), 1U);
}

TEST(Program, ThatNeverBeatsIsNeverCalledHung) {
  const ServerProcess server(
      some_program("--report", {"--hang-after=200ms", "--kill-after=300ms"}));
  const auto connection = server.start_request("/hang");
  ASSERT_EQ(support::wait_for_request(server, 1), 1);
  EXPECT_TRUE(support::wait_while_watched(server, 1, std::chrono::seconds(2)));
  EXPECT_EQ(server.worker(1)["hangs"], 0);
}

TEST(Program, MayHaveRequestsInHandThatEndInAnyOrder) {
  const ServerProcess server(some_program("--beat", {"--hang-after=2s", "--kill-after=2s"}));
  const auto shows = [&](const nlohmann::json& path, int in_hand) {
    return wait_until([&] {
      const auto worker = server.worker(1);
      const auto& request = worker["in_flight"];
      return (request.is_null() ? request : request["path"]) == path &&
             worker["reports"]["in_hand"] == in_hand;
    });
  };
  tell(server, "begin a GET /a?query\nbegin b POST /b\nbegin c GET /c\n");
  EXPECT_TRUE(shows("/c", 3));
  tell(server, "end c 200 5\n");
  EXPECT_TRUE(shows("/b", 2));
  tell(server, "end a 404 5\n");
  EXPECT_TRUE(shows("/b", 1));
  EXPECT_TRUE(support::wait_while_watched(server, 1, std::chrono::seconds(5))) << "it waits";
  EXPECT_EQ(server.worker(1)["hangs"], 0);
  tell(server, "end b 201 5\n");
  EXPECT_TRUE(shows(nullptr, 0));
  EXPECT_EQ(server.worker(1)["requests"], 3);
  EXPECT_EQ(support::Figures(server).bytes_sent(), 15);
}

TEST(Program, SaysNothingByMalformedLines) {
  const ServerProcess server(some_program());
  tell(server, "begin\nend x 200 1\nbegin 1 GET /\nend 1 99 0\nend 1 200 1 2\nnonsense\n\n");
  tell(server, std::string(600, 'x') + "\n" + std::string("be\0at\n", 6));
  tell(server, "end 1 200 1\n");
  EXPECT_TRUE(wait_until([&] { return server.worker(1)["reports"]["taken"] == 2; }));
  EXPECT_EQ(server.worker(1)["reports"]["ignored"], 8);
  EXPECT_EQ(server.worker(1)["requests"], 1);
  EXPECT_EQ(support::count_in(server.log(), "a report is ignored"), 1);
}

TEST(Program, IsNotHeldUpByAFullPipe) {
  const ServerProcess server(some_program());
  const pid_t reporter = server.worker_pid(1);
  server.signal(SIGSTOP);  // or else it would stop the program with its reporter
  ASSERT_TRUE(wait_until([&] { return support::process_state(server.pid()) == 'T'; }));
  ASSERT_EQ(::kill(reporter, SIGSTOP), 0);
  ASSERT_TRUE(wait_until([&] { return support::process_state(reporter) == 'T'; }));
  const long lines = ask(server, "/flood")["lines"];
  EXPECT_GT(lines, 100);
  ::kill(reporter, SIGCONT);
  server.signal(SIGCONT);
  EXPECT_TRUE(wait_until([&] { return server.worker(1)["reports"]["taken"] == lines; }));
  EXPECT_TRUE(wait_until([&] { return server.worker(1)["reports"]["in_hand"] == 0; }))
      << "their ends may be lost";
  EXPECT_EQ(server.worker(1)["in_flight"], nullptr);
}

// ── what the kernel tells ──

TEST(Program, HasItsConnectionsCounted) {
  for (const char* host : {"127.0.0.1", "::"}) {
    const ServerProcess server(some_program("", {std::string("--host=") + host}));
    std::vector<support::HttpConnection> clients;
    for (int i = 0; i < 5; ++i) clients.push_back(server.start_request("/"));
    EXPECT_TRUE(wait_until([&] { return server.worker(1)["connections"] == 5; })) << host;
    clients.clear();
    EXPECT_TRUE(wait_until([&] { return server.worker(1)["connections"] == 0; })) << host;
  }
}

// ── who ends with whom ──

TEST(Program, LeavesNothingBehind) {
  const ServerProcess server(some_program());
  const auto pids = ask(server, "/start")["pids"];
  const auto connection = server.start_request("/exit/0");
  EXPECT_TRUE(all_die(pids));
  EXPECT_TRUE(is_replaced(server));
}

TEST(Program, EndsWithItsReporterAndWhateverItHasStarted) {
  const ServerProcess server(some_program());
  auto pids = ask(server, "/start")["pids"];
  pids.push_back(ask(server, "/self")["pid"]);
  ASSERT_EQ(::kill(server.worker_pid(1), SIGKILL), 0);
  EXPECT_TRUE(all_die(pids));
  EXPECT_TRUE(is_replaced(server));
  EXPECT_EQ(server.worker(1)["last_exit"]["signal"], "SIGKILL");
}

TEST(Program, EndsWithThePrimaryAndWhateverItHasStarted) {
  ServerProcess server(some_program());
  auto pids = ask(server, "/start")["pids"];
  pids.push_back(ask(server, "/self")["pid"]);
  pids.push_back(server.worker_pid(1));
  server.signal(SIGKILL);
  EXPECT_TRUE(all_die(pids));
}

TEST(Program, IsKilledWithItsGroupOnRequest) {
  const ServerProcess server(some_program());
  auto pids = ask(server, "/start")["pids"];
  pids.push_back(ask(server, "/self")["pid"]);
  ASSERT_EQ(server.control({{"cmd", "signal"}, {"worker", 1}, {"signal", "KILL"}})["ok"], true);
  EXPECT_TRUE(all_die(pids));
  EXPECT_TRUE(is_replaced(server));
}

TEST(Program, IsStoppedAndContinuedWithItsReporter) {
  const ServerProcess server(some_program("", {"--hang-after=500ms", "--kill-after=0"}));
  const pid_t program = ask(server, "/self")["pid"];
  ASSERT_EQ(::kill(server.worker_pid(1), SIGSTOP), 0);
  EXPECT_TRUE(wait_until([&] { return support::process_state(program) == 'T'; }));
  ASSERT_EQ(support::wait_for_hang(server, 1), 1);
  EXPECT_EQ(server.worker(1)["hang"]["kind"], "stopped");
  ASSERT_EQ(::kill(server.worker_pid(1), SIGCONT), 0);
  EXPECT_TRUE(wait_until([&] { return support::process_state(program) == 'S'; }));
  EXPECT_TRUE(wait_until([&] { return server.worker_state(1) == "idle"; }));
}

TEST(Program, ThatIsStoppedAloneIsCalledHung) {
  const ServerProcess server(some_program("", {"--hang-after=500ms", "--kill-after=0"}));
  const pid_t program = ask(server, "/self")["pid"];
  ASSERT_EQ(::kill(program, SIGSTOP), 0);
  ASSERT_EQ(support::wait_for_hang(server, 1), 1);
  EXPECT_EQ(server.worker(1)["hang"]["kind"], "stopped");
  ASSERT_EQ(::kill(program, SIGCONT), 0);
  EXPECT_TRUE(wait_until([&] { return server.worker_state(1) == "idle"; }));
}

TEST(Program, GetsTheSignalsThatAreSentToItsWorker) {
  const ServerProcess server(some_program());
  ASSERT_EQ(server.control({{"cmd", "signal"}, {"worker", 1}, {"signal", "ABRT"}})["ok"], true);
  ASSERT_TRUE(is_replaced(server));
  EXPECT_EQ(server.worker(1)["last_exit"]["signal"], "SIGABRT");
  ASSERT_EQ(::kill(server.worker_pid(1), SIGUSR1), 0);
  ASSERT_TRUE(is_replaced(server, 3));
  EXPECT_EQ(server.worker(1)["last_exit"]["signal"], "SIGUSR1");
}

}  // namespace
}  // namespace forkscope
