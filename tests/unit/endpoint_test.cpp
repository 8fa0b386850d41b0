#include "forkscope/telemetry/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/temp_dir.h"

namespace forkscope::telemetry {
namespace {

class Endpoint : public ::testing::Test {
 protected:
  support::TempDir runtime_;

  void SetUp() override { ::setenv("XDG_RUNTIME_DIR", runtime_.path().c_str(), 1); }
  void TearDown() override { ::unsetenv("XDG_RUNTIME_DIR"); }
};

TEST_F(Endpoint, IsInTheUsersRuntimeDirectory) {
  EXPECT_EQ(control_socket_path(8000), runtime_.path().string() + "/forkscope/8000.sock");
}

TEST_F(Endpoint, IsInTmpWithoutAUsableRuntimeDirectory) {
  const std::string fallback = "/tmp/forkscope-" + std::to_string(::getuid());
  ::unsetenv("XDG_RUNTIME_DIR");
  EXPECT_EQ(runtime_directory(), fallback);
  for (const char* unusable : {"", "relative", "/nowhere/at/all", "/dev/null"}) {
    ::setenv("XDG_RUNTIME_DIR", unusable, 1);
    EXPECT_EQ(runtime_directory(), fallback) << unusable;
  }
}

TEST_F(Endpoint, ListsThePortsOfSocketsInOrderAndNothingElse) {
  const std::filesystem::path directory = runtime_directory();
  std::filesystem::create_directory(directory);
  for (const char* name : {"9000.sock", "80.sock", "x.sock", "99999.sock", "8000.txt", "1x.sock"}) {
    std::ofstream(directory / name) << "";
  }
  EXPECT_THAT(control_socket_ports(), ::testing::ElementsAre(80, 9000));
}

}  // namespace
}  // namespace forkscope::telemetry
