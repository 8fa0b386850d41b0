// Process 1 of a container: whoever loses his parent there is its child.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/server_process.h"
#include "support/shell.h"
#include "support/temp_dir.h"

namespace forkscope {
namespace {

using support::Output;
using support::ServerProcess;
using support::shell;
using ::testing::HasSubstr;

TEST(Container, ReapsStrangersAsProcessOne) {
  if (shell("unshare --pid --fork --mount-proc true").exit_code != 0) {
    GTEST_SKIP() << "not allowed to make a PID namespace here";
  }
  const ServerProcess outside({.workers = 1});
  const support::TempDir directory;
  const std::filesystem::path script = directory.path() / "container";
  // Two that lose their parent at once, then the server in the same process, which is number 1. The
  // orphan ends when the server serves; the watch stops the server when the orphan's number is
  // free, which takes a parent that reaps it.
  std::ofstream(script) << R"sh(
cd "$(dirname "$0")"
export XDG_RUNTIME_DIR=$PWD
serves() { grep -q 'listening after' log; }
(sh -c 'echo $$ > orphan; until grep -q "listening after" log; do sleep 0.02; done' &)
(
  until serves && [ -s orphan ] && ! kill -0 "$(cat orphan)"; do sleep 0.02; done
  ps -eo stat | grep -c Z > zombies
  kill -TERM 1
) 2> /dev/null &
exec )sh" << outside.program().string()
                        << " --workers 1 --port " << support::free_port() << " > log 2>&1\n";
  const Output output = shell("timeout 20 unshare --pid --fork --mount-proc sh " + script.string());
  const std::string log = shell("cat " + (directory.path() / "log").string()).text;
  EXPECT_EQ(output.exit_code, 0) << output.text << log;
  EXPECT_THAT(log, HasSubstr("primary pid: 1"));
  EXPECT_EQ(shell("cat " + (directory.path() / "zombies").string()).text, "0\n");
}

}  // namespace
}  // namespace forkscope
