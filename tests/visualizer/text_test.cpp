// --text: the same values without a window.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "forkscope/telemetry/event_text.h"
#include "support/crowd.h"
#include "support/figures.h"
#include "support/server_process.h"
#include "support/wait_until.h"
#include "viewer.h"

namespace forkscope::visualizer_test {
namespace {

using nlohmann::json;
using support::ServerProcess;
using support::wait_until;
using telemetry::EventKind;
using telemetry::MoveReason;

bool says(const Program& viewer, const std::string& text) {
  return wait_until([&] { return viewer.output().find(text) != std::string::npos; });
}

TEST(TextOnce, GivesTheWorkersAsTheServerDoes) {
  const ServerProcess server({.workers = 3});
  const Ending ending = run(viewer_command({"--text", "--once"}, server));
  ASSERT_EQ(ending.exit_code, 0) << ending.errors;
  const json seen = json::parse(ending.output);
  const json told = json::parse(server.request("GET", "/v1/workers").body);
  ASSERT_EQ(seen["workers"].size(), told["workers"].size());
  for (std::size_t i = 0; i < told["workers"].size(); ++i) {
    const json& mine = seen["workers"][i];
    const json& theirs = told["workers"][i];
    for (const char* same : {"number", "pid", "generation", "respawns", "hangs", "last_exit"}) {
      EXPECT_EQ(mine[same], theirs[same]) << same;
    }
    for (const auto& [name, value] : theirs.items()) {
      ASSERT_TRUE(mine.contains(name)) << name;
      if (!value.is_null() && !mine[name].is_null()) {
        EXPECT_STREQ(mine[name].type_name(), value.type_name()) << name;
      }
    }
  }
}

TEST(TextOnce, SaysWhatTheServerDoesForConnections) {
  const ServerProcess server({.workers = 2});
  const support::Figures figures(server);
  support::Crowd crowd(server, {{support::Habit::rests, 8}});
  const auto seen = [&] {
    return json::parse(run(viewer_command({"--text", "--once"}, server)).output);
  };
  EXPECT_EQ(seen()["server"]["protection"], "on");
  EXPECT_EQ(seen()["totals"]["moved"],
            (json{{"hang", 0}, {"crash", 0}, {"drain", 0}, {"balance", 0}}));
  server.signal(SIGHUP);
  // Each of them has to go once, at least: all processes are new.
  EXPECT_TRUE(wait_until([&] {
    return server.worker(1)["generation"] == 2 && server.worker(2)["generation"] == 2 &&
           server.control({{"cmd", "status"}})["reloading"] == false && figures.moved() >= 8;
  }));
  server.control({{"cmd", "protect"}, {"on", false}});
  EXPECT_TRUE(wait_until([&] {
    const json now = seen();
    return now["server"]["protection"] == "off" &&
           now["totals"]["moved"] == json{{"hang", 0},
                                          {"crash", 0},
                                          {"drain", figures.moved(MoveReason::drain)},
                                          {"balance", figures.moved(MoveReason::balance)}};
  }));
}

/// The first event of that kind, and of that generation of the worker.
telemetry::EventRecord event_of(const support::Figures& figures, EventKind kind, int worker,
                                std::uint32_t generation) {
  for (const telemetry::EventRecord& event : figures.events()) {
    if (static_cast<EventKind>(event.kind) == kind && event.worker == worker &&
        event.generation == generation) {
      return event;
    }
  }
  ADD_FAILURE() << "the primary has told of no such event";
  return {};
}

/// Held against the times of the primary's own events.
TEST(TextLines, SayInTheReceiptHowLongEachPartOfTheOutageTook) {
  using telemetry::duration_text;
  const ServerProcess server({.arguments = {"--hang-after=300ms", "--kill-after=600ms"}});
  const support::Figures figures(server);
  const Program viewer(viewer_command({"--text"}, server));
  ASSERT_TRUE(says(viewer, "listening")) << viewer.errors();
  auto hanging = server.start_request("/v1/faults/hang?mode=sleep");
  ASSERT_TRUE(says(viewer, "served again")) << viewer.output();
  const std::string output = viewer.output();
  const std::regex receipt(
      "worker (\\d): hung · out for (.*): noticed after (.*), killed after (.*), served again "
      "(.*) later ·");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(output, found, receipt)) << output;
  const int worker = std::stoi(found[1]);
  const auto hung = event_of(figures, EventKind::hung, worker, 1);
  const auto exit = event_of(figures, EventKind::exit, worker, 1);
  const auto back = event_of(figures, EventKind::listening, worker, 2);
  const std::string whole = duration_text(back.time_ns - hung.since_ns);
  EXPECT_EQ(found[2], whole) << output;
  // The unit is left out where it is that of the whole.
  EXPECT_TRUE(duration_text(hung.time_ns - hung.since_ns).starts_with(found[3].str())) << output;
  EXPECT_TRUE(duration_text(exit.time_ns - hung.since_ns).starts_with(found[4].str())) << output;
  EXPECT_EQ(found[5], duration_text(back.time_ns - exit.time_ns)) << output;
}

/// Held against what clients have seen, and what the server counts.
TEST(TextLines, SayInTheReceiptOfAReloadWhoWasReplacedAndWhatMoved) {
  const ServerProcess server({.workers = 3});
  const support::Figures figures(server);
  support::Crowd crowd(server, {{support::Habit::rests, 12}});
  ASSERT_TRUE(wait_until([&] { return crowd.everybody_is_answered(); }));
  const Program viewer(viewer_command({"--text"}, server));
  ASSERT_TRUE(says(viewer, "listening")) << viewer.errors();
  server.signal(SIGHUP);
  ASSERT_TRUE(says(viewer, "Reload: ")) << viewer.output();
  const std::string output = viewer.output();
  const std::regex receipt(
      "Reload: 3 of 3 replaced in (.*) · (\\d+) connections? moved(?:, none closed)? · "
      "no request lost · worker 4 stood in");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(output, found, receipt)) << output;
  for (const int number : {1, 2, 3}) EXPECT_EQ(server.worker(number)["generation"], 2);
  EXPECT_EQ(std::stoi(found[2]), figures.moved(MoveReason::drain)) << output;
  EXPECT_EQ(figures.lost(), 0);
  const auto events = figures.events();
  const auto edge = [&](std::uint32_t begins) {
    return std::ranges::find_if(events, [&](const telemetry::EventRecord& event) {
      return static_cast<EventKind>(event.kind) == EventKind::reload && event.exit_code == begins;
    });
  };
  ASSERT_TRUE(edge(0) != events.end());
  EXPECT_EQ(found[1], telemetry::duration_text(edge(0)->time_ns - edge(1)->time_ns));
  EXPECT_TRUE(says(viewer, ", generation 1, stands in during the reload\n")) << viewer.output();
  // Of the next one it has seen what was there before.
  server.signal(SIGHUP);
  EXPECT_TRUE(says(viewer, "connections moved, none closed")) << viewer.output();
  EXPECT_TRUE(crowd.everybody_is_answered());
  EXPECT_EQ(crowd.seen().broken_at_rest, 0);
}

/// Held against the sum that the server counts.
TEST(TextLines, TellOnATerminalWhoseLossesAddUpToTheTotal) {
  const ServerProcess server({.workers = 3});
  const support::Figures figures(server);
  Command command = viewer_command({"--text"}, server);
  command.environment["TERM"] = "xterm-256color";
  command.on_terminal = true;
  const Program viewer(command);
  ASSERT_TRUE(says(viewer, "idle")) << viewer.errors();
  for (const long lost : {1, 2}) {
    auto fatal = server.start_request("/v1/faults/crash");
    ASSERT_TRUE(wait_until([&] { return figures.lost() == lost; }));
  }
  ASSERT_TRUE(says(viewer, "2 requests lost: ")) << viewer.output();
  const std::string output = viewer.output();
  const std::regex line(
      "2 requests lost: (\\d) with worker \\d \\(SIGSEGV\\), (\\d) with worker \\d "
      "\\(SIGSEGV\\)");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(output, found, line)) << output;
  EXPECT_EQ(std::stol(found[1]) + std::stol(found[2]), figures.lost());
}

/// Held against the worker that the client's answer names.
TEST(TextLines, TellOnATerminalWhoMayBeCalledHungSoon) {
  const ServerProcess server({.workers = 3, .arguments = {"--hang-after=9s"}});
  Command command = viewer_command({"--text"}, server);
  command.environment["TERM"] = "xterm-256color";
  command.on_terminal = true;
  const Program viewer(command);
  ASSERT_TRUE(says(viewer, "idle")) << viewer.errors();
  auto slow = server.start_request("/v1/faults/slow?ms=1500");
  ASSERT_TRUE(says(viewer, ", called hung at 9.0 s")) << viewer.output();
  const std::string output = viewer.output();
  const std::regex line("worker (\\d): [^w]*in GET /v1/faults/slow");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(output, found, line)) << output;
  EXPECT_EQ(found[1], slow.read_response().header("x-worker"));
}

/// Held against what clients have seen, and what the server counts.
TEST(TextLines, SayInTheReceiptWhatMovedAndWhatWasLost) {
  const ServerProcess server(
      {.workers = 4, .arguments = {"--hang-after=300ms", "--kill-after=1s"}});
  const support::Figures figures(server);
  support::Crowd crowd(server, {{support::Habit::rests, 32}});
  // As even as that, nobody is asked to give any away.
  const auto is_even = [](const auto& worker) { return worker.second >= 7 && worker.second <= 9; };
  ASSERT_TRUE(wait_until([&] {
    if (!crowd.everybody_is_answered()) return false;
    const auto shares = crowd.seen().connections;
    return shares.size() == 4 && std::ranges::all_of(shares, is_even);
  }));
  const auto shares = crowd.seen().connections;
  const Program viewer(viewer_command({"--text"}, server));
  ASSERT_TRUE(says(viewer, "listening")) << viewer.errors();
  auto hanging = server.start_request("/v1/faults/hang?mode=sleep");
  ASSERT_TRUE(says(viewer, "served again")) << viewer.output();

  const std::string output = viewer.output();
  const std::regex receipt(
      "worker (\\d): hung .* · (\\d+) connections moved in .* · 1 request lost");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(output, found, receipt)) << output;
  EXPECT_EQ(std::stoi(found[2]), shares.at(found[1])) << output;
  EXPECT_EQ(std::stoi(found[2]), figures.moved(MoveReason::hang));
  EXPECT_EQ(figures.lost(), 1);
  EXPECT_TRUE(crowd.everybody_is_answered());
  EXPECT_EQ(crowd.seen().broken_at_rest, 0);
}

TEST(TextLines, TellOfAHangWhenItIsDeclared) {
  const ServerProcess server({.arguments = {"--hang-after=300ms", "--kill-after=0"}});
  const Program viewer(viewer_command({"--text"}, server));
  ASSERT_TRUE(says(viewer, "listening")) << viewer.errors();
  EXPECT_EQ(viewer.output().find("hung"), std::string::npos);
  auto hanging = server.start_request("/v1/faults/hang?mode=sleep");
  EXPECT_TRUE(says(viewer, "in GET /v1/faults/hang (blocked)")) << viewer.output();
}

TEST(TextLines, FollowAServerThatIsRestarted) {
  const support::TempDir directory;
  ServerProcess first({.directory = directory.path()});
  Program viewer(viewer_command({"--text"}, first));
  ASSERT_TRUE(says(viewer, "pid " + std::to_string(first.worker_pid(1)))) << viewer.errors();
  first.signal(SIGTERM);
  first.wait_for_exit();

  const ServerProcess second({.port = first.port(), .directory = directory.path()});
  EXPECT_TRUE(says(viewer, "pid " + std::to_string(second.worker_pid(1)))) << viewer.output();
  viewer.signal(SIGTERM);
  EXPECT_EQ(viewer.wait_for_exit(), 0);
}

TEST(TextLines, GoOnAfterTheTerminalOfWhoStartedThemByNohup) {
  const ServerProcess server({.workers = 1});
  Command command = viewer_command({"--text", "--record=nohup.forkscope"}, server);
  command.line.insert(command.line.begin(), "nohup");
  Program viewer(command);
  ASSERT_TRUE(says(viewer, "listening")) << viewer.errors();
  viewer.signal(SIGHUP);
  ::kill(server.worker_pid(1), SIGKILL);
  EXPECT_TRUE(says(viewer, "ended by SIGKILL")) << viewer.output();
  EXPECT_FALSE(viewer.has_ended());
  viewer.signal(SIGTERM);
  EXPECT_EQ(viewer.wait_for_exit(), 0);
}

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char byte) { return byte < 0x80; });
}

TEST(TextLines, AreAsciiWhereTheLocaleIs) {
  const ServerProcess server;
  Command command = viewer_command({"--text"}, server);
  command.environment["LC_ALL"] = "C";
  const Program viewer(command);
  server.start_request("/v1/faults/crash");
  ASSERT_TRUE(says(viewer, "crashed: SIGSEGV - out for")) << viewer.output();
  EXPECT_TRUE(is_ascii(viewer.output())) << viewer.output();
}

class TextTable : public ::testing::Test {
 protected:
  static Command on_terminal(const ServerProcess& server) {
    Command command = viewer_command({"--text"}, server);
    command.environment["TERM"] = "xterm-256color";
    command.on_terminal = true;
    return command;
  }
  /// How often it has drawn: each time from the upper left corner.
  static int pictures(const Program& viewer) {
    const std::string output = viewer.output();
    int count = 0;
    for (auto at = output.find("\x1b[H"); at != std::string::npos;
         at = output.find("\x1b[H", at + 1)) {
      ++count;
    }
    return count;
  }
};

TEST_F(TextTable, FiresAHangACrashAndLoad) {
  const ServerProcess server(
      {.workers = 3, .arguments = {"--hang-after=300ms", "--kill-after=600ms"}});
  Program viewer(on_terminal(server));
  ASSERT_TRUE(says(viewer, "idle")) << viewer.errors();
  viewer.type("l");
  EXPECT_TRUE(wait_until([&] { return server.worker(1)["requests"] > 100; }));
  EXPECT_TRUE(says(viewer, "clients saw: 0 broken, 0 failed"));
  viewer.type("l");
  EXPECT_TRUE(says(viewer, "Load is off. Its clients saw: 0 broken, 0 failed."));
  viewer.type("h");
  EXPECT_TRUE(says(viewer, "hung")) << viewer.output();
  EXPECT_TRUE(says(viewer, "SIGABRT")) << viewer.output();
  viewer.type("c");
  EXPECT_TRUE(says(viewer, "SIGSEGV")) << viewer.output();
  viewer.type("q");
  EXPECT_EQ(viewer.wait_for_exit(), 0);
}

TEST_F(TextTable, SaysWhatAServerOfAnotherApplicationDoesNotHave) {
  const ServerProcess server({.program = STARTER_SERVER});  // POST /run, and POST /start
  Program viewer(on_terminal(server));
  ASSERT_TRUE(says(viewer, "idle")) << viewer.errors();
  // It has asked what there is, and has been told.
  const auto answered = [&] {
    long requests = 0;
    const auto status = server.control({{"cmd", "status"}});
    for (const auto& worker : status["workers"]) requests += worker["requests"].get<long>();
    return requests;
  };
  ASSERT_TRUE(wait_until([&] { return answered() >= 2; }));
  const int asked = pictures(viewer);
  ASSERT_TRUE(wait_until([&] { return pictures(viewer) >= asked + 2; }));
  viewer.type("l");
  EXPECT_TRUE(says(viewer, "This server has no /v1/todos")) << viewer.output();
  viewer.type("h");
  EXPECT_TRUE(says(viewer, "This server has no /v1/faults: freeze a worker with kill -STOP"))
      << viewer.output();
  EXPECT_EQ(viewer.output().find("Sent"), std::string::npos) << viewer.output();
  ASSERT_EQ(server.request("POST", "/run").status, 200);
  const int drawn = pictures(viewer);
  ASSERT_TRUE(wait_until([&] { return pictures(viewer) >= drawn + 2; }));  // it has seen that
  viewer.type("l");
  EXPECT_TRUE(says(viewer, "Load: 2.0k requests/s, POST /run, over 16 connections"))
      << viewer.output();
  EXPECT_TRUE(says(viewer, "clients saw: 0 broken, 0 failed")) << viewer.output();
  viewer.type("q");
  EXPECT_EQ(viewer.wait_for_exit(), 0);
}

TEST_F(TextTable, CursorKeysAreNoLetters) {
  const ServerProcess server({.workers = 2, .arguments = {"--hang-after=300ms"}});
  Program viewer(on_terminal(server));
  ASSERT_TRUE(says(viewer, "idle")) << viewer.errors();
  viewer.type("\x1b[H");     // Home
  viewer.type("\x1b[1;5C");  // Ctrl →
  viewer.type("\x1b");       // →, in two reads
  const int drawn = pictures(viewer);
  ASSERT_TRUE(wait_until([&] { return pictures(viewer) >= drawn + 2; }));
  viewer.type("[C");
  viewer.type("m");  // the keys before it have been taken when this one has
  EXPECT_TRUE(says(viewer, "Marked.")) << viewer.output();
  EXPECT_EQ(viewer.output().find("Sent"), std::string::npos) << viewer.output();
  for (const int number : {1, 2}) {
    EXPECT_EQ(server.worker_state(number), "idle");
    EXPECT_EQ(server.worker(number)["generation"], 1);
  }
}

TEST_F(TextTable, QuestionMarkListsKeysAndWordsAndNoOtherKeyActsMeanwhile) {
  const ServerProcess server({.workers = 2});
  Program viewer(on_terminal(server));
  ASSERT_TRUE(says(viewer, "conns    req/s")) << viewer.errors();
  viewer.type("?");
  ASSERT_TRUE(says(viewer, "hang: one request that never returns")) << viewer.output();
  viewer.type("h");
  viewer.type(" ");
  ASSERT_TRUE(says(viewer, "99 of 100 faster than")) << viewer.output();
  viewer.type("\x1b[D\x1b[D");  // before the first screen is the last
  ASSERT_TRUE(says(viewer, "SIGCONT")) << viewer.output();
  viewer.type("?");
  EXPECT_TRUE(wait_until([&] {
    const std::string output = viewer.output();
    return output.find("conns    req/s", output.rfind("SIGCONT")) != std::string::npos;
  }));
  EXPECT_EQ(viewer.output().find("Sent"), std::string::npos) << viewer.output();
  EXPECT_EQ(viewer.output().find("PAUSED"), std::string::npos) << viewer.output();
}

TEST_F(TextTable, KeysActOnNobodyWhereTheServerGivesNoPicture) {
  const support::TempDir directory;
  const ServerProcess shown({.arguments = {"--db=shown.db"}, .directory = directory.path()});
  const ServerProcess stopped({.arguments = {"--db=stopped.db"}, .directory = directory.path()});
  Program viewer(on_terminal(shown));
  ASSERT_TRUE(says(viewer, "next server")) << viewer.errors();
  stopped.signal(SIGSTOP);
  viewer.type("l");
  EXPECT_TRUE(wait_until([&] { return shown.worker(1)["requests"] > 10; }));
  viewer.type("s");
  ASSERT_TRUE(says(viewer, "cannot be watched")) << viewer.output();
  viewer.type("h");
  EXPECT_TRUE(says(viewer, "There is no server to act on.")) << viewer.output();
  EXPECT_EQ(viewer.output().find("Sent"), std::string::npos) << viewer.output();
  viewer.type("s");  // and back
  const std::string bare = "cannot be watched";
  EXPECT_TRUE(wait_until([&] {
    const std::string output = viewer.output();
    return output.find("idle", output.rfind(bare)) != std::string::npos;
  }));
  stopped.signal(SIGCONT);
}

TEST_F(TextTable, SaysThatFaultsAreOff) {
  const ServerProcess server({.arguments = {"--faults=off"}});
  Program viewer(on_terminal(server));
  ASSERT_TRUE(says(viewer, "idle")) << viewer.errors();
  viewer.type("h");
  EXPECT_TRUE(says(viewer, "Faults are off")) << viewer.output();
}

TEST_F(TextTable, LeavesTheTerminalAsItFoundIt) {
  const ServerProcess server;
  Program viewer(on_terminal(server));
  ASSERT_TRUE(says(viewer, "idle")) << viewer.errors();
  viewer.type("\x03");  // Ctrl-C
  EXPECT_EQ(viewer.wait_for_exit(), 0);
  EXPECT_TRUE(says(viewer, "\x1b[?1049l"));  // the alternate screen is left
  EXPECT_TRUE(says(viewer, "\x1b[?25h"));    // the cursor is back
}

TEST_F(TextTable, IsAsciiInTheCLocaleAndOnATerminalThatKnowsNothingElse) {
  const ServerProcess server;
  Command in_c = on_terminal(server);
  in_c.environment["LC_ALL"] = "C";
  Command on_vt220 = on_terminal(server);
  on_vt220.environment["TERM"] = "vt220";
  for (const Command& command : {in_c, on_vt220}) {
    const Program viewer(command);
    ASSERT_TRUE(says(viewer, "o idle")) << viewer.output();
    EXPECT_TRUE(is_ascii(viewer.output())) << viewer.output();
  }
}

TEST_F(TextTable, RecordsAndEndsWhileNobodyReadsItsTerminal) {
  const ServerProcess server;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    Command command = on_terminal(server);
    command.line.emplace_back("--record=class.rec");
    Program viewer(command);
    ASSERT_TRUE(says(viewer, "idle")) << viewer.errors();
    viewer.type("\x13");  // Ctrl-S
    const auto size = [&] { return std::filesystem::file_size(viewer.directory() / "class.rec"); };
    const auto before = size();
    ASSERT_TRUE(wait_until([&] { return size() > before + 500; }));  // a second of a quiet one
    viewer.signal(signal);
    EXPECT_EQ(viewer.wait_for_exit(), 0);
    EXPECT_TRUE(says(viewer, "\x1b[?1049l"));
  }
}

}  // namespace
}  // namespace forkscope::visualizer_test
