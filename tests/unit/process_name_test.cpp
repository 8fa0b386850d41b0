#include <gtest/gtest.h>

#include "os/program_name.h"

namespace forkscope::os {
namespace {

TEST(ProcessName, IsThatOfTheProgramWithRoleAndNumber) {
  EXPECT_EQ(process_name("todos-server", "worker", 3), "todos worker 3");
  EXPECT_EQ(process_name("poll", "keeper", 3), "poll keeper 3");
}

TEST(ProcessName, CutsTheProgramAndNeverTheNumber) {
  EXPECT_EQ(process_name("checksum-server", "worker", 3), "checks worker 3");
  EXPECT_EQ(process_name("todos-server", "keeper", 256), "todo keeper 256");
}

}  // namespace
}  // namespace forkscope::os
