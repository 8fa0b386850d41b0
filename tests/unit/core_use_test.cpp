#include "words/core_use.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "words/format.h"

namespace forkscope::words {
namespace {

using Texts = std::vector<std::string>;

TEST(CoreUse, OfWorkersAndOthersAddsUpToTheLastPercent) {
  for (int permille = 0; permille <= 1'000; permille += 7) {
    picture::CoreSample core;
    core.utilisation = permille / 1e3;
    for (int own = 0; own <= permille; own += 13) {
      core.own = own / 1e3;
      const Texts texts = core_use_texts(core);
      const bool none = texts.front().starts_with("no worker");
      const std::string& text = none ? texts[1] : texts[2];
      int ours = none ? 0 : -1;
      int others = -1;
      if (none) {
        ASSERT_EQ(std::sscanf(text.c_str(), "others %d %%", &others), 1) << text;
      } else {
        ASSERT_EQ(std::sscanf(text.c_str(), "ours %d %%, others %d %%", &ours, &others), 2) << text;
      }
      EXPECT_GE(others, 0);
      EXPECT_EQ(std::to_string(ours + others) + " %", percent(core.utilisation)) << text;
    }
  }
}

TEST(CoreUse, SaysWhoseItIs) {
  picture::CoreSample core{.number = 1, .utilisation = 0.95, .workers = {1, 4}, .own = 0.61};
  EXPECT_EQ(core_use_texts(core),
            (Texts{"workers 1 + 4 61 %, others 34 %", "w1+w4 61 %, others 34 %",
                   "ours 61 %, others 34 %", "ours 61 %"}));
  core.workers.clear();
  core.own = 0;
  EXPECT_EQ(core_use_texts(core), (Texts{"no worker, others 95 %", "others 95 %", "ours 0 %"}));
  core.own = 0.2;  // who was here has gone on to another core
  EXPECT_EQ(core_use_texts(core).front(), "workers 20 %, others 75 %");
  core.own = 0.9;
  core.suspects = {3};
  EXPECT_EQ(core_use_texts(core).front(), "perhaps worker 3 90 %, others 5 %");
  core.workers = {1};  // how much of it is whose, nobody knows
  EXPECT_EQ(core_use_texts(core).front(), "workers 90 %, others 5 %");
  core.suspects.clear();
  core.own = 0.004;  // who is here has used nothing of it
  EXPECT_EQ(core_use_texts(core).front(), "no worker, others 95 %");
}

TEST(CoreUse, OfARecordingThatDoesNotTellItIsNotDividedUp) {
  const picture::CoreSample core{.number = 1, .utilisation = 0.95, .workers = {3}};
  EXPECT_EQ(core_use_texts(core), (Texts{"worker 3", "w3"}));
}

TEST(Others, AreNamedAsFarAsThereIsRoom) {
  EXPECT_EQ(others_texts({}), Texts{});
  EXPECT_EQ(
      others_texts({{"wrk", 0.98}, {"this viewer", 0.13}}),
      (Texts{"others: wrk 98 %, this viewer 13 %", "others: wrk, this viewer", "others: wrk, …"}));
}

}  // namespace
}  // namespace forkscope::words
