#include "text/wish_keys.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace forkscope::text {
namespace {

using picture::Snapshot;

std::string fired_by(const char* key) {
  const auto wish = wish_of(key, {});
  return wish ? std::get<operation::Fire>(*wish).target : "(nothing)";
}

TEST(WishKeys, AreThoseOfTheWindow) {
  EXPECT_EQ(fired_by("h"), "/v1/faults/hang");
  EXPECT_EQ(fired_by("c"), "/v1/faults/crash");
  EXPECT_TRUE(std::holds_alternative<operation::ToggleLoad>(*wish_of("l", {})));
  EXPECT_EQ(std::get<operation::ChangeLoad>(*wish_of("t", {})).setting,
            operation::LoadSetting::target);
  EXPECT_TRUE(std::holds_alternative<operation::ToggleProtection>(*wish_of("o", {})));
  EXPECT_TRUE(std::holds_alternative<operation::LookAtNext>(*wish_of("s", {})));
}

TEST(WishKeys, KillWhoeverAnswersTheMost) {
  Snapshot now;
  for (const std::uint32_t number : {1, 2, 3, 4}) {
    telemetry::WorkerReport worker;
    worker.number = number;
    worker.pid = number == 4 ? 0 : 4710 + number;  // the busiest of all is gone
    worker.requests_per_second = number == 3 ? 10 : 100.0 * number;
    now.workers.push_back(worker);
  }
  const auto killed = std::get<operation::SendSignal>(*wish_of("k", now));
  EXPECT_EQ(killed.worker, 2U);
  EXPECT_EQ(killed.name, "KILL");
  EXPECT_EQ(std::get<operation::SendSignal>(*wish_of("K", Snapshot{})).worker, 0U);
}

TEST(WishKeys, MeanTheSameWithShift) { EXPECT_EQ(fired_by("H"), "/v1/faults/hang"); }

TEST(WishKeys, OtherKeysAndWholeSequencesWishNothing) {
  for (const char* key : {"", "x", " ", "\x1b[H", "\x1bOC", "\xc3\xa4"}) {
    EXPECT_FALSE(wish_of(key, {}));
  }
}

}  // namespace
}  // namespace forkscope::text
