#include "live/program_name.h"

#include <gtest/gtest.h>
#include <sys/types.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace forkscope::live {
namespace {

namespace fs = std::filesystem;

/// Two folders with a program of the same name each.
class ProgramNameTest : public ::testing::Test {
 protected:
  ProgramNameTest() {
    for (const auto* folder : {"one", "two"}) {
      fs::create_directories(root_ / folder);
      std::ofstream(root_ / folder / "server") << folder;
    }
  }
  ~ProgramNameTest() override { fs::remove_all(root_); }

  std::string in(const char* folder) const { return root_ / folder; }

  const fs::path root_ =
      fs::path(::testing::TempDir()) / ("program_name." + std::to_string(::getpid()));
};

TEST_F(ProgramNameTest, IsBareWhereTheShellFindsThatVeryFile) {
  EXPECT_EQ(program_name(in("two/server"), "/", "/nowhere:" + in("two")), "server");
  EXPECT_EQ(program_name(in("two/server"), "/", in("two") + ':' + in("one")), "server");
  fs::create_symlink(in("two"), root_ / "link");
  EXPECT_EQ(program_name(in("two/server"), "/", in("link")), "server");
}

TEST_F(ProgramNameTest, IsThePathWhereTheShellFindsAnotherOneOrNone) {
  EXPECT_EQ(program_name(in("two/server"), "/nowhere", in("one") + ':' + in("two")),
            in("two/server"));
  EXPECT_EQ(program_name(in("two/server"), "/nowhere", ""), in("two/server"));
}

TEST_F(ProgramNameTest, IsRelativeBeneathTheDirectory) {
  EXPECT_EQ(program_name(in("two/server"), root_, ""), "two/server");
  EXPECT_EQ(program_name(in("two/server"), in("two"), ""), "./server");
  EXPECT_EQ(program_name(in("two/server"), in("one"), ""), in("two/server"));
}

TEST_F(ProgramNameTest, IsOneWordForTheShell) {
  EXPECT_EQ(program_name("/my server's/bin", "/nowhere", ""), "'/my server'\\''s/bin'");
}

TEST_F(ProgramNameTest, IsKnownOfOnesOwnProcess) {
  const auto self = static_cast<std::uint32_t>(::getpid());
  EXPECT_TRUE(fs::equivalent(program_of(self), "/proc/self/exe")) << program_of(self);
  EXPECT_EQ(program_of(0), "");
}

}  // namespace
}  // namespace forkscope::live
