// What a viewer shows of workers that run a program (some_program.py), against what the kernel says
// of that program.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "live/live_source.h"
#include "support/server_process.h"
#include "support/wait_until.h"

namespace forkscope {
namespace {

/// Field 39 of /proc/<pid>/stat (proc(5)).
std::uint32_t core_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string field;
  for (int number = 3; number <= 39; ++number) fields >> field;
  return static_cast<std::uint32_t>(std::stoul(field));
}

TEST(ProgramInAViewer, HasTheCpuTimeAndTheCoreOfTheProgram) {
  support::ServerOptions options;
  options.workers = 1;
  options.launcher = {"/bin/sh", "-c",
                      R"(server=$1; shift; exec "$server" run "$@" -- python3 -B )" SOME_PROGRAM,
                      "sh"};
  const support::ServerProcess server(options);
  const pid_t program = nlohmann::json::parse(server.request("GET", "/self").body)["pid"];
  ASSERT_NE(program, server.worker_pid(1));
  live::LiveSource source(server.port(), server.control_socket().string());
  const auto burns = server.start_request("/burn/1000");
  double most = 0;
  EXPECT_TRUE(support::wait_until(
      [&] {
        source.poll();
        const picture::Snapshot& now = source.snapshot();
        if (now.workers.empty()) return false;
        const std::uint32_t core = core_of(program);
        for (const picture::CoreSample& sample : now.cores) {
          if (sample.number == core) most = std::max(most, sample.own.value_or(0));
        }
        return most > 0.15 && now.workers[0].core == core;
      },
      std::chrono::seconds(20)))
      << most;
  EXPECT_FALSE(source.snapshot().totals.closed);
}

}  // namespace
}  // namespace forkscope
