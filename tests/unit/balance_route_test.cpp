// Another way to share the port, asked for by a client.
#include <gtest/gtest.h>

#include "api_fixture.h"
#include "forkscope/telemetry/names.h"

namespace forkscope::api {
namespace {

using telemetry::BalancePolicy;

using BalanceRouteTest = ApiFixture;

TEST_F(BalanceRouteTest, TellsWhatThePrimaryHasSaidLast) {
  EXPECT_EQ(get("/v1/balance").status, 503) << "nothing yet";
  telemetry::BeatRecord beat{};
  for (const auto policy : {BalancePolicy::least, BalancePolicy::hash}) {
    beat.balance = static_cast<std::uint16_t>(policy);
    segment_.beat().write(beat);
    EXPECT_EQ(get("/v1/balance").as_json()["balance"], telemetry::to_string(policy));
  }
}

TEST_F(BalanceRouteTest, AsksThePrimaryAndDoesNotSayThatItIsDone) {
  const Answer answer = send("POST", "/v1/balance?policy=two-choices");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.as_json()["balance"], "two-choices");
  EXPECT_EQ(asked_for_, BalancePolicy::two_choices);

  listens_ = false;
  EXPECT_EQ(send("POST", "/v1/balance?policy=hash").status, 503);
}

TEST_F(BalanceRouteTest, AsksForNothingThatIsUnknownOrThatNobodyMeant) {
  for (const char* target : {"/v1/balance", "/v1/balance?policy=", "/v1/balance?policy=fair"}) {
    EXPECT_EQ(send("POST", target).status, 400) << target;
  }
  const httplib::Headers elsewhere = {{"Origin", "https://example.org"}};
  EXPECT_EQ(send("POST", "/v1/balance?policy=hash", "", elsewhere).status, 403);
  EXPECT_EQ(asked_for_, BalancePolicy::unknown);
}

TEST_F(BalanceRouteTest, IsOnlyWhereTheFaultsAre) {
  start(false);
  EXPECT_EQ(send("POST", "/v1/balance?policy=hash").status, 404);
  EXPECT_EQ(asked_for_, BalancePolicy::unknown);
}

}  // namespace
}  // namespace forkscope::api
