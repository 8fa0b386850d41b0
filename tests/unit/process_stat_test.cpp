#include "forkscope/telemetry/process_stat.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>

namespace forkscope::telemetry {
namespace {

const auto kSelf = static_cast<std::uint32_t>(::getpid());

TEST(ProcessStat, TellsOnWhichCoreAProcessIs) {
  cpu_set_t usable;
  ASSERT_EQ(::sched_getaffinity(0, sizeof usable, &usable), 0);
  const auto restore = [](const cpu_set_t* before) {
    EXPECT_EQ(::sched_setaffinity(0, sizeof *before, before), 0);
  };
  const std::unique_ptr<const cpu_set_t, decltype(restore)> at_the_end(&usable, restore);
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &usable)) continue;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(core, &only);
    ASSERT_EQ(::sched_setaffinity(0, sizeof only, &only), 0);
    EXPECT_EQ(process_stat(kSelf).core, core);
  }
}

TEST(ProcessStat, TellsARunningProcessFromNone) {
  EXPECT_EQ(process_stat(kSelf).state, 'R');
  EXPECT_NE(process_start_ticks(kSelf), 0U);
  EXPECT_EQ(process_stat(0).state, '?');
  EXPECT_EQ(process_start_ticks(0), 0U);
}

TEST(ProcessEnding, IsNoneOfAProcessThatRunsAndToldOfOneThatHasEnded) {
  EXPECT_EQ(process_ending(kSelf), Ending::none);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(process_ending(static_cast<std::uint32_t>(child)), Ending::exits) << "a zombie";
  ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED);
  EXPECT_EQ(process_ending(static_cast<std::uint32_t>(child)), Ending::none) << "nobody";
}

}  // namespace
}  // namespace forkscope::telemetry
