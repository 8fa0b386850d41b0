// Who can attach, and where: the control socket's file comes and goes, and the server serves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/shell.h"
#include "support/stream_socket.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

namespace fs = std::filesystem;
using support::count_in;
using support::ctl;
using support::Output;
using support::port_option;
using support::Readiness;
using support::ServerOptions;
using support::ServerProcess;
using support::StreamSocket;
using support::wait_until;
using ::testing::HasSubstr;
using ::testing::Not;

bool becomes_ready(const ServerProcess& server) {
  return wait_until([&] {
    try {
      return server.request("GET", "/readyz").status == 200;
    } catch (const std::system_error&) {
      return false;
    }
  });
}

/// The primary's pid, as whoever listens at the socket says; 0: nobody does.
pid_t primary_at(const fs::path& socket) {
  try {
    const auto deadline = StreamSocket::Clock::now() + std::chrono::seconds(5);
    StreamSocket connection = StreamSocket::connect_unix(socket);
    const std::string status = connection.exchange_line("{\"cmd\":\"status\"}\n", deadline);
    return nlohmann::json::parse(status).at("pid");
  } catch (const std::exception&) {
    return 0;
  }
}

bool is_attachable(const ServerProcess& server) {
  return wait_until([&] { return primary_at(server.control_socket()) == server.pid(); });
}

class Attach : public ::testing::Test {
 protected:
  /// A second server with the same runtime directory and port.
  ServerOptions namesake_of(const ServerProcess& server) const {
    return {
        .workers = 1,
        .arguments = {"--db=other.db"},
        .environment = {"FORKSCOPE_RUNTIME_DIR=" + server.control_socket().parent_path().string()},
        .port = server.port(),
        .directory = other_directory_.path()};
  }
  fs::path second_name(const ServerProcess& server) const {
    return server.control_socket().parent_path() / (std::to_string(server.port()) + "-2.sock");
  }

  const support::TempDir directory_;
  const support::TempDir other_directory_;
};

TEST_F(Attach, AServerServesWhereItCannotHaveASocketAndBindsItAsSoonAsItCan) {
  fs::create_directory_symlink("/tmp", directory_.path() / "forkscope");
  const ServerProcess server({.directory = directory_.path()}, Readiness::kIgnore);
  ASSERT_TRUE(becomes_ready(server)) << server.log();
  EXPECT_THAT(server.log(), HasSubstr("warning nobody can attach: " + directory_.path().string() +
                                      "/forkscope: it is not a directory"));
  fs::remove(directory_.path() / "forkscope");
  EXPECT_TRUE(is_attachable(server));
  EXPECT_EQ(count_in(server.log(), "nobody can attach"), 1) << server.log();
  EXPECT_THAT(server.log(),
              HasSubstr("the control socket is bound: " + server.control_socket().string()));
}

TEST_F(Attach, AServerServesWhereTheSocketsPathWouldBeTooLong) {
  const fs::path deep = directory_.path() / std::string(100, 'x');
  fs::create_directory(deep);
  const ServerProcess server({.directory = deep}, Readiness::kIgnore);
  ASSERT_TRUE(becomes_ready(server)) << server.log();
  EXPECT_THAT(server.log(), HasSubstr(".sock: the path is too long"));
}

TEST_F(Attach, TheSocketIsBoundAnewWhenItsFileOrItsDirectoryIsRemoved) {
  const ServerProcess server;
  fs::remove(server.control_socket());
  EXPECT_TRUE(is_attachable(server));
  fs::remove_all(server.control_socket().parent_path());
  EXPECT_TRUE(is_attachable(server));
}

TEST_F(Attach, ASecondServerOnThePortHasAnotherNameAndThePlainOneWhenThatIsFree) {
  ServerProcess first({.workers = 1});
  ServerOptions options = namesake_of(first);
  options.arguments.emplace_back("--host=127.0.0.2");
  const ServerProcess second(options, Readiness::kIgnore);
  ASSERT_TRUE(wait_until([&] { return primary_at(second_name(first)) == second.pid(); }))
      << second.log();
  EXPECT_EQ(primary_at(first.control_socket()), first.pid());

  const Output which = ctl(first, port_option(first) + "status");
  EXPECT_EQ(which.exit_code, 1);
  EXPECT_THAT(which.text, HasSubstr("2 servers on port"));
  EXPECT_THAT(which.text, HasSubstr("--socket " + first.control_socket().string() +
                                    "  (127.0.0.1, pid " + std::to_string(first.pid())));
  const std::string path = second_name(first).string();
  EXPECT_THAT(which.text,
              HasSubstr("--socket " + path + "  (127.0.0.2, pid " + std::to_string(second.pid())));
  EXPECT_THAT(ctl(first, "--socket " + path + " status").text, HasSubstr("127.0.0.2 port"));

  first.signal(SIGTERM);
  EXPECT_EQ(first.wait_for_exit(), 0);
  EXPECT_TRUE(wait_until([&] { return primary_at(first.control_socket()) == second.pid(); }));
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(Attach, AServerThatStopsGivesWayToItsSuccessor) {
  ServerProcess first({.workers = 1, .arguments = {"--hang-after=60m", "--kill-after=0"}});
  const auto hanging = first.start_request("/v1/faults/hang?mode=sleep");
  ASSERT_EQ(support::wait_for_request(first, 1), 1);
  first.signal(SIGTERM);
  ASSERT_TRUE(support::wait_for_log(first, "shutting down"));
  const ServerProcess second(namesake_of(first), Readiness::kIgnore);
  ASSERT_TRUE(becomes_ready(second)) << second.log();
  EXPECT_THAT(ctl(first, port_option(first) + "status").text,
              HasSubstr("primary pid " + std::to_string(second.pid())));
  first.signal(SIGINT);  // at once
  first.wait_for_exit();
  EXPECT_TRUE(wait_until([&] { return primary_at(first.control_socket()) == second.pid(); }));
}

TEST_F(Attach, AServerThatEndsRemovesOnlyItsOwnFile) {
  ServerProcess first({.workers = 1});
  first.signal(SIGSTOP);  // it cannot notice what comes now before it is to end
  fs::remove(first.control_socket());
  ServerOptions options = namesake_of(first);
  options.arguments.emplace_back("--host=127.0.0.2");
  const ServerProcess second(options, Readiness::kIgnore);
  ASSERT_TRUE(wait_until([&] { return primary_at(first.control_socket()) == second.pid(); }));
  first.signal(SIGTERM);
  first.signal(SIGCONT);
  EXPECT_EQ(first.wait_for_exit(), 0);
  EXPECT_EQ(primary_at(first.control_socket()), second.pid());
}

TEST_F(Attach, WhoFindsNoServerIsToldWhereItWasLookedForAndWhatThereIs) {
  const ServerProcess server({.workers = 1});
  const Output output = ctl(server, "--port 1 status");
  EXPECT_EQ(output.exit_code, 1);
  EXPECT_THAT(output.text, HasSubstr("no server of this user on port 1 (looked in " +
                                     server.control_socket().parent_path().string() +
                                     "); there is one on port " + std::to_string(server.port())));
}

TEST_F(Attach, WhatIsToldSpeaksOfOneAsOfOneAndOfTwoAsOfTwo) {
  const ServerProcess first({.workers = 1});
  ServerOptions beside = namesake_of(first);
  beside.port = support::free_port();
  beside.workers = 2;
  const ServerProcess second(beside, Readiness::kIgnore);
  ASSERT_TRUE(becomes_ready(second)) << second.log();
  EXPECT_THAT(ctl(first, port_option(first) + "status").text,
              HasSubstr(", 1 worker wanted, balance least, protection on\n"));
  EXPECT_THAT(ctl(first, port_option(second) + "status").text,
              HasSubstr(", 2 workers wanted, balance least, protection on\n"));
  const auto [lower, higher] = std::minmax({first.port(), second.port()});
  EXPECT_THAT(ctl(first, "--port 1 status").text,
              HasSubstr("; there are some on ports " + std::to_string(lower) + ", " +
                        std::to_string(higher) + '.'));
}

}  // namespace
}  // namespace forkscope
