#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "event_builder.h"
#include "forkscope/telemetry/clock.h"
#include "forkscope/telemetry/histogram.h"
#include "history/fairness.h"
#include "live/core_meter.h"
#include "live/core_users.h"
#include "live/latency_meter.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

namespace forkscope::live {
namespace {

using test::kMillisecond;
using test::kSecond;

TEST(ProcStat, WaitingForADiskIsNotBusy) {
  const auto cores = parse_proc_stat(
      "cpu  10 0 10 160 20 0 0 0 0 0\n"
      "cpu0 5 1 4 80 10 2 3 5 7 7\n"
      "cpu12 5 0 5 80 10 0 0 0 0 0\n"
      "intr 12345 0 0\n");
  ASSERT_EQ(cores.size(), 2U);
  EXPECT_EQ(cores[0].number, 0U);
  EXPECT_EQ(cores[0].busy, 20U);  // guests are in the user time already
  EXPECT_EQ(cores[0].all, 110U);
  EXPECT_EQ(cores[1].number, 12U);
}

TEST(ProcStat, NothingIsReadOutOfNonsense) {
  EXPECT_TRUE(parse_proc_stat("").empty());
  EXPECT_TRUE(parse_proc_stat("cpu").empty());
  EXPECT_EQ(parse_proc_stat("cpu0").size(), 1U);
}

std::vector<std::uint32_t> renumbered(std::vector<std::uint32_t> labels,
                                      const std::vector<std::uint32_t>& allowed) {
  std::vector<CoreTicks> cores;
  for (const std::uint32_t label : labels) cores.push_back({label, 0, 0});
  labels.clear();
  for (const CoreTicks& core : with_kernel_numbers(cores, allowed)) labels.push_back(core.number);
  return labels;
}

using Numbers = std::vector<std::uint32_t>;

TEST(CoreNumbers, AreThoseOfProcStatWhereItNamesEveryCoreThatMayBeUsed) {
  EXPECT_EQ(renumbered({0, 1, 2, 3}, {0, 1, 2, 3}), (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(renumbered({0, 1, 2, 3}, {1, 3}), (Numbers{0, 1, 2, 3}));  // pinned
  EXPECT_EQ(renumbered({0, 2, 3}, {0, 2, 3}), (Numbers{0, 2, 3}));     // core 1 is offline
  EXPECT_EQ(renumbered({0, 1}, {}), (Numbers{0, 1}));                  // nothing to compare with
}

TEST(CoreNumbers, AreThoseOfTheContainersCoresWhereLxcfsCountsFromZero) {
  EXPECT_EQ(renumbered({0}, {1}), (Numbers{1}));
  EXPECT_EQ(renumbered({0, 1, 2}, {1, 5, 7}), (Numbers{1, 5, 7}));
}

TEST(CoreNumbers, AreNotGuessed) {
  EXPECT_EQ(renumbered({0, 1}, {4, 5, 6, 7}), Numbers{});  // two cores' worth of time on four
  EXPECT_EQ(renumbered({0, 2}, {0, 5}), Numbers{});
  EXPECT_EQ(renumbered({}, {0, 1}), Numbers{});  // there is no /proc/stat
}

TEST(CoreMeter, KnowsTheCoresOfAMachineThatIsNoneOfOurs) {
  const support::TempDir directory;
  const std::filesystem::path file = directory.path() / "stat";
  CoreMeter meter(file.string());
  const auto write = [&](std::size_t cores, int busy, int idle) {
    std::ofstream text(file);
    for (std::size_t i = 0; i < cores; ++i) {
      text << "cpu" << i << ' ' << busy << " 0 0 " << idle << " 0 0 0 0\n";
    }
  };
  const auto allowed = allowed_cores();
  ASSERT_FALSE(allowed.empty());
  write(allowed.size(), 100, 100);
  meter.sample(kSecond);
  write(allowed.size(), 175, 125);
  meter.sample(2 * kSecond);
  ASSERT_EQ(meter.cores().size(), allowed.size());
  EXPECT_EQ(meter.cores().back().number, allowed.back());
  EXPECT_DOUBLE_EQ(meter.cores().back().utilisation, 0.75);
  write(0, 0, 0);
  meter.sample(3 * kSecond);
  EXPECT_TRUE(meter.cores().empty());
}

TEST(CoreMeter, ABusyCoreShows) {
  CoreMeter meter;
  std::uint64_t now_ns = kSecond;
  meter.sample(now_ns);
  EXPECT_TRUE(meter.cores().empty());
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
  while (std::chrono::steady_clock::now() < until) {
  }
  now_ns += 200 * kMillisecond;
  meter.sample(now_ns);
  ASSERT_FALSE(meter.cores().empty());
  double sum = 0;
  for (const CoreUse& core : meter.cores()) {
    EXPECT_GE(core.utilisation, 0);
    EXPECT_LE(core.utilisation, 1);
    sum += core.utilisation;
  }
  EXPECT_GT(sum, 0.4);
}

/// A line of /proc/<pid>/stat of which only that is told that is looked at.
std::string stat_line(std::uint32_t pid, const std::string& name, std::uint32_t parent,
                      std::uint64_t ticks, std::uint32_t core, std::uint64_t start = 7) {
  std::string line = std::to_string(pid) + " (" + name + ") R " + std::to_string(parent);
  for (int field = 5; field <= 52; ++field) {
    const std::uint64_t value = field == 14   ? ticks / 2
                                : field == 15 ? ticks - ticks / 2
                                : field == 22 ? start
                                : field == 39 ? core
                                              : 0;
    line += ' ' + std::to_string(value);
  }
  return line + '\n';
}

TEST(ProcessStat, SaysWhoseItIsAndWhatItHasUsed) {
  const auto process = parse_process(stat_line(4711, "a (b) c", 4700, 123, 3));
  ASSERT_TRUE(process);
  EXPECT_EQ(process->name, "a (b) c");
  EXPECT_EQ(process->parent, 4700U);
  EXPECT_EQ(process->ticks, 123U);
  EXPECT_EQ(process->start, 7U);
  EXPECT_EQ(process->core, 3U);
  EXPECT_FALSE(parse_process(""));
  EXPECT_FALSE(parse_process("4711 (cut off"));
  EXPECT_FALSE(parse_process("4711 (cut off) R 4700 1 2 3"));
}

/// A machine that is none of ours.
class MachineOfProcesses : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kPrimary = 100;

  void runs(std::uint32_t pid, const std::string& name, std::uint32_t parent, std::uint64_t ticks,
            std::uint32_t core, std::uint64_t start = 7) {
    const auto process = directory_.path() / std::to_string(pid);
    std::filesystem::create_directories(process);
    std::ofstream(process / "stat") << stat_line(pid, name, parent, ticks, core, start);
  }
  void look(std::uint64_t ms) {
    users_.sample(kSecond + ms * kMillisecond, kPrimary, std::vector<std::uint32_t>{101, 102});
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const picture::Program& other : users_.others()) names.push_back(other.name);
    return names;
  }

  const support::TempDir directory_;
  CoreUsers users_{directory_.path().string()};
  const std::uint64_t second_ = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));  // in ticks
};

TEST_F(MachineOfProcesses, AWorkersTimeIsOfTheCoreThatItRanOn) {
  runs(101, "todos-server", kPrimary, 5'000, 0);
  runs(102, "todos-server", kPrimary, 8'000, 1);
  look(0);
  EXPECT_FALSE(users_.own(0));  // one look tells nothing
  for (std::uint64_t i = 1; i <= 5; ++i) {
    runs(101, "todos-server", kPrimary, 5'000 + i * second_ / 20, 0);
    runs(102, "todos-server", kPrimary, 8'000 + i * second_ / 50, i <= 3 ? 1 : 0);
    look(i * 100);
  }
  EXPECT_NEAR(users_.own(0).value_or(-1), 0.5 + 0.2 * 2 / 5, 1e-9);
  EXPECT_NEAR(users_.own(1).value_or(-1), 0.2 * 3 / 5, 1e-9);
  EXPECT_EQ(users_.own(2), 0);
}

TEST_F(MachineOfProcesses, ASuccessorOfTheSamePidStartsAnew) {
  runs(101, "todos-server", kPrimary, 10, 0);
  look(0);
  runs(101, "todos-server", kPrimary, 5'000, 0, 8);
  look(500);
  EXPECT_EQ(users_.own(0), 0);
}

/// As of a process that ends between the opening and the reading (ESRCH).
TEST_F(MachineOfProcesses, AFileThatOpensAndCannotBeReadIsNobodys) {
  std::filesystem::create_directories(directory_.path() / "300" / "stat");
  runs(101, "todos-server", kPrimary, 10, 0);
  look(0);
  look(1'000);
  EXPECT_EQ(users_.own(0), 0);
}

TEST_F(MachineOfProcesses, StrangersAreNotTakenForWorkers) {
  runs(101, "editor", 1, 0, 0);  // in another pid namespace the pids mean others
  look(0);
  runs(101, "editor", 1, second_, 0);
  look(1'000);
  EXPECT_FALSE(users_.own(0));
}

TEST_F(MachineOfProcesses, OfAProgramAllThatItHasStartedIsItsWorkers) {
  const auto look_at_trees = [&](std::uint64_t ms) {
    users_.sample(kSecond + ms * kMillisecond, kPrimary, std::vector<std::uint32_t>{101},
                  CoreUsers::Worker::tree);
  };
  runs(101, "reporter", kPrimary, 5, 0);
  runs(201, "node", 101, 0, 1);
  runs(202, "sh", 201, 0, 1);
  runs(203, "gzip", 202, 0, 2);
  runs(300, "wrk", 1, 0, 1);
  look_at_trees(0);
  EXPECT_FALSE(users_.core_of(101)) << "not looked for yet";
  look_at_trees(100);
  for (std::uint64_t i = 2; i <= 11; ++i) {
    runs(201, "node", 101, i * second_ / 50, 1);
    runs(203, "gzip", 202, i * second_ / 20, 2);
    runs(300, "wrk", 1, i * second_ / 20, 1);
    look_at_trees(i * 100);
  }
  EXPECT_EQ(users_.core_of(101), 2U) << "where most of it runs";
  EXPECT_NEAR(users_.own(1).value_or(-1), 0.2, 1e-9);
  EXPECT_NEAR(users_.own(2).value_or(-1), 0.5, 1e-9);
  EXPECT_EQ(names(), std::vector<std::string>{"wrk"}) << "it is no other program";
}

TEST_F(MachineOfProcesses, OthersAreNamedTheBusiestFirst) {
  const auto own = static_cast<std::uint32_t>(::getpid());
  const auto all_have = [&](std::uint64_t part) {
    runs(kPrimary, "todos-server", 1, part * 9, 0);
    runs(101, "todos-server", kPrimary, part * 9, 0);
    runs(150, "todos-server", 101, part * 9, 0);  // a keeper
    runs(200, "wrk", 1, part * 4, 1);
    runs(201, "wrk", 1, part * 4, 1);
    runs(202, "cc", 1, part * 3, 0);
    runs(own, "todos-visualize", 1, part * 2, 0);
    runs(203, "sh", 1, 0, 0);
  };
  all_have(0);
  look(0);
  EXPECT_TRUE(users_.others().empty());
  all_have(second_ / 10);
  look(1'000);
  EXPECT_EQ(names(), (std::vector<std::string>{"wrk", "cc", "this viewer"}));
  EXPECT_NEAR(users_.others()[0].cores, 0.8, 1e-9);
  look(2'000);
  EXPECT_TRUE(users_.others().empty());
}

TEST(CoreUsers, AChildThatSpinsIsSeenWhereItRuns) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::getppid();
  }
  CoreUsers users;
  const std::vector<std::uint32_t> workers{static_cast<std::uint32_t>(child)};
  EXPECT_TRUE(support::wait_until([&] {
    users.sample(telemetry::now_ns(), static_cast<std::uint32_t>(::getpid()), workers);
    double sum = 0;
    for (const std::uint32_t core : allowed_cores()) sum += users.own(core).value_or(0);
    return sum > 0.2;
  }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(LatencyMeter, WhatWasBeforeTheLastSecondDoesNotCount) {
  LatencyMeter meter;
  std::vector<std::uint64_t> histogram(telemetry::kHistogramBuckets);
  histogram[telemetry::histogram_bucket(10 * kSecond)] = 1'000'000;
  ASSERT_TRUE(meter.due(kSecond));
  meter.add(kSecond, histogram);
  EXPECT_FALSE(meter.due(kSecond + 50 * kMillisecond));
  histogram[telemetry::histogram_bucket(2 * kMillisecond)] = 10;
  meter.add(2 * kSecond, histogram);
  EXPECT_NEAR(meter.latency_ms(0.99), 2, 0.13);
  meter.add(2 * kSecond + 500 * kMillisecond, histogram);
  meter.add(3 * kSecond, histogram);
  EXPECT_EQ(meter.latency_ms(0.99), 0);
}

TEST(HistogramQuantile, IsInTheBucketThatHoldsTheRank) {
  std::vector<std::uint64_t> counts(telemetry::kHistogramBuckets);
  counts[telemetry::histogram_bucket(kMillisecond)] = 98;
  counts[telemetry::histogram_bucket(kSecond)] = 2;
  EXPECT_NEAR(telemetry::histogram_quantile_ns(counts, 0.50), 1e6, 0.07e6);
  EXPECT_NEAR(telemetry::histogram_quantile_ns(counts, 0.99), 1e9, 0.07e9);
  EXPECT_EQ(telemetry::histogram_quantile_ns(std::vector<std::uint64_t>(528), 0.99), 0);
}

TEST(HistogramQuantile, TheEndsAreTheFirstAndTheLastThatCount) {
  const std::vector<std::uint64_t> counts{0, 0, 5, 0, 1, 0};
  EXPECT_EQ(telemetry::quantile_index(counts, 0), 2U);
  EXPECT_EQ(telemetry::quantile_index(counts, 5.0 / 6), 2U);
  EXPECT_EQ(telemetry::quantile_index(counts, 1), 4U);
}

TEST(Fairness, IsOneWhenAllAreAlikeAndOneNthWhenOneDoesEverything) {
  EXPECT_DOUBLE_EQ(history::fairness(std::vector<double>{5, 5, 5, 5}), 1);
  EXPECT_DOUBLE_EQ(history::fairness(std::vector<double>{8, 0, 0, 0}), 0.25);
  EXPECT_DOUBLE_EQ(history::fairness(std::vector<double>{0, 0}), 1);
  EXPECT_DOUBLE_EQ(history::fairness({}), 1);
}

}  // namespace
}  // namespace forkscope::live
