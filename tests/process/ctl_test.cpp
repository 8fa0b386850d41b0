// What operators type: todos-server ctl.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "support/http_client.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/shell.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

using support::ctl;
using support::Output;
using support::ServerProcess;
using support::wait_for_hang;
using support::wait_until;
using ::testing::HasSubstr;
using ::testing::Not;

Output ctl_on_port(const ServerProcess& server, const std::string& arguments) {
  return ctl(server, support::port_option(server) + arguments);
}

TEST(Ctl, PrintsATableOrTheAnswerAsItIs) {
  const ServerProcess server({.workers = 2});
  const Output table = ctl_on_port(server, "status");
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_THAT(table.text, HasSubstr("WORKER"));
  EXPECT_THAT(table.text, HasSubstr(std::to_string(server.worker_pid(2))));
  const auto json = nlohmann::json::parse(ctl_on_port(server, "status --json").text);
  EXPECT_EQ(json["workers"].size(), 2U);
}

TEST(Ctl, SaysHowAndInWhatAWorkerHangs) {
  const ServerProcess server({.workers = 1, .arguments = {"--hang-after=100ms", "--kill-after=0"}});
  ASSERT_TRUE(support::wait_for_quiet(server, 1));
  EXPECT_THAT(ctl_on_port(server, "status").text, Not(HasSubstr(" in GET")));
  const auto hanging = server.start_request("/v1/faults/hang?mode=sleep");
  ASSERT_EQ(wait_for_hang(server, 1), 1);
  EXPECT_THAT(ctl_on_port(server, "status").text, HasSubstr("  blocked in GET /v1/faults/hang\n"));
  const auto json = nlohmann::json::parse(ctl_on_port(server, "status --json").text);
  EXPECT_EQ(json["workers"][0]["hang"]["phase"], "handling");
}

TEST(Ctl, ScalesReloadsSignalsAndStops) {
  ServerProcess server({.workers = 1});
  EXPECT_EQ(ctl_on_port(server, "scale 3").exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return server.worker_state(3) == "idle"; }));
  EXPECT_EQ(ctl_on_port(server, "signal 3 KILL").exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return server.worker(3)["generation"] == 2; }));
  EXPECT_EQ(ctl_on_port(server, "reload").exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return server.worker(1)["generation"] == 2; }));
  EXPECT_EQ(ctl_on_port(server, "stop").exit_code, 0);
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(Ctl, SwitchesTheProtectionOfConnections) {
  const ServerProcess server({.workers = 1, .arguments = {"--protect=off"}});
  EXPECT_THAT(ctl_on_port(server, "status").text, HasSubstr("protection off"));
  EXPECT_EQ(ctl_on_port(server, "protect on").exit_code, 0);
  EXPECT_THAT(ctl_on_port(server, "status").text, HasSubstr("protection on"));
  EXPECT_EQ(ctl_on_port(server, "protect off").exit_code, 0);
  EXPECT_THAT(ctl_on_port(server, "status").text, HasSubstr("protection off"));
}

TEST(Ctl, TellsAndChoosesWhoTakesNewConnections) {
  const ServerProcess server({.workers = 1});
  EXPECT_EQ(ctl_on_port(server, "balance").text, "least\n");
  const Output chosen = ctl_on_port(server, "balance two-choices");
  EXPECT_EQ(chosen.exit_code, 0);
  EXPECT_EQ(chosen.text, "");
  EXPECT_EQ(ctl_on_port(server, "balance").text, "two-choices\n");
  EXPECT_THAT(ctl_on_port(server, "status").text, HasSubstr("balance two-choices"));
  EXPECT_TRUE(support::wait_for_log(server, "balance: least → two-choices"));
}

TEST(Ctl, SaysHowManyConnectionsMovedAndRequestsWereLost) {
  const ServerProcess server({.workers = 2});
  EXPECT_THAT(ctl_on_port(server, "status").text, Not(HasSubstr(" moved")));
  EXPECT_THAT(ctl_on_port(server, "status").text, Not(HasSubstr(" lost")));
  support::HttpConnection idle(server.port());
  idle.send_request("GET", "/livez");
  const std::string number = idle.read_response().header("x-worker");
  EXPECT_EQ(ctl_on_port(server, "signal " + number + " KILL").exit_code, 0);
  ASSERT_TRUE(wait_until([&] { return server.worker(std::stoi(number))["generation"] == 2; }));
  EXPECT_THAT(ctl_on_port(server, "status").text, HasSubstr("\n1 connection moved (crash 1)\n"));
  auto crashing = server.start_request("/v1/faults/crash?how=exit");
  EXPECT_TRUE(crashing.is_closed_by_peer());
  EXPECT_TRUE(wait_until([&] {
    return support::count_in(ctl_on_port(server, "status").text, ", 1 request lost\n") == 1;
  }));
}

TEST(Ctl, SaysInOneLineWhatIsWrong) {
  const ServerProcess server({.workers = 1});
  EXPECT_EQ(ctl_on_port(server, "scale 0").exit_code, 1);
  EXPECT_EQ(ctl_on_port(server, "signal 9 KILL").exit_code, 1);
  EXPECT_EQ(ctl_on_port(server, "signal 1 HUP").exit_code, 2);
  EXPECT_EQ(ctl_on_port(server, "protect").exit_code, 2);
  EXPECT_EQ(ctl_on_port(server, "protect maybe").exit_code, 2);
  const auto unknown = ctl_on_port(server, "balance fair");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.text, HasSubstr("least, round-robin, two-choices, kernel, hash, random"));
  EXPECT_EQ(ctl_on_port(server, "").exit_code, 2);
  const Output nobody = ctl(server, "--port 1 status");
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_EQ(std::ranges::count(nobody.text, '\n'), 1);
}

}  // namespace
}  // namespace forkscope
