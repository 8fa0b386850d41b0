#include "operation/chosen_load.h"

#include <gtest/gtest.h>

#include <vector>

#include "scripted_http_server.h"
#include "support/wait_until.h"

namespace forkscope::operation {
namespace {

using support::wait_until;
using test::ScriptedHttpServer;

TEST(ChosenLoad, GoesThroughTheSettingsAndAround) {
  ChosenLoad load;
  std::vector<double> rates;
  std::vector<double> shares;
  std::vector<std::uint32_t> connections;
  for (int i = 0; i < 6; ++i) {
    load.change(LoadSetting::rate);
    rates.push_back(load.options().requests_per_second);
    load.change(LoadSetting::post_share);
    shares.push_back(load.options().post_share);
    load.change(LoadSetting::connections);
    connections.push_back(load.options().connections);
  }
  EXPECT_EQ(rates, (std::vector<double>{10'000, 0, 10, 100, 500, 2'000}));
  EXPECT_EQ(shares, (std::vector<double>{0.5, 1, 0, 0.1, 0.5, 1}));
  EXPECT_EQ(connections, (std::vector<std::uint32_t>{64, 256, 1'024, 1, 16, 64}));
  EXPECT_FALSE(load.status().running);
}

TEST(ChosenLoad, SuitsTheWorkersUntilTheUserHasChosen) {
  ChosenLoad load;
  load.suit(32);
  EXPECT_EQ(load.options().connections, 128U);
  load.suit(2);
  EXPECT_EQ(load.options().connections, 16U);
  load.change(LoadSetting::connections);
  load.suit(32);
  EXPECT_EQ(load.options().connections, 64U);
}

TEST(ChosenLoad, RunsOnWithWhatIsChosenMeanwhile) {
  ScriptedHttpServer server([](const std::string&) { return ScriptedHttpServer::kOk; });
  ChosenLoad load;
  load.aim_at("127.0.0.1", server.port());
  load.suit(1);
  load.start();
  EXPECT_TRUE(load.status().running);
  EXPECT_TRUE(wait_until([&] { return server.accepted() == 16; }));
  load.suit(32);  // while it runs it stays as it is
  load.change(LoadSetting::connections);
  EXPECT_TRUE(load.status().running);
  EXPECT_TRUE(wait_until([&] { return server.accepted() == 16 + 64; }));
  load.stop();
  EXPECT_FALSE(load.status().running);
}

TEST(ChosenLoad, AimedAtAnotherServerItStops) {
  ScriptedHttpServer server([](const std::string&) { return ScriptedHttpServer::kOk; });
  ChosenLoad load;
  load.aim_at("127.0.0.1", server.port());
  load.start();
  load.aim_at("127.0.0.1", server.port());
  EXPECT_FALSE(load.status().running);
}

TEST(ChosenLoad, OfALessonLeavesWhatTheUserHasChosen) {
  ScriptedHttpServer server([](const std::string& request) {
    EXPECT_TRUE(request.starts_with("GET ")) << request;
    return ScriptedHttpServer::kOk;
  });
  ChosenLoad load;
  load.aim_at("127.0.0.1", server.port());
  load.change(LoadSetting::post_share);
  load.offer({}, {{"POST", "/votes"}});
  load.change(LoadSetting::target);
  load.start({.requests_per_second = 50, .connections = 3});
  EXPECT_TRUE(wait_until([&] {
    load.poll();
    return load.status().answered > 5;
  }));
  EXPECT_EQ(server.accepted(), 3);
  EXPECT_EQ(load.options().requests_per_second, 2'000);
  EXPECT_EQ(load.options().connections, 16U);
  EXPECT_EQ(load.options().post_share, 0.5);
}

TEST(ChosenLoad, PostsOnlyWhereTheUserHasChosenItOrNothingElseIsKnown) {
  const picture::Offer offer{.todos = picture::Has::no};
  const load::Target guest{"POST", "/guests"};
  const load::Target guests{"GET", "/guests"};
  ChosenLoad load;
  load.offer(offer, {guest});
  EXPECT_EQ(load.options().target, guest);
  load.offer(offer, {guest, guests});
  EXPECT_EQ(load.options().target, guests);
  load.change(LoadSetting::target);
  load.offer(offer, {guest, guests});
  EXPECT_EQ(load.options().target, guest) << "the user's choice";
}

TEST(ChosenLoad, AsksForWhatTheServerHas) {
  using picture::Has;
  const load::Target todos;
  const load::Target page{"GET", "/"};
  ChosenLoad load;
  EXPECT_TRUE(load.has_target());
  EXPECT_TRUE(load.has_posts());
  load.offer({.todos = Has::yes, .writes = Has::no}, {});
  EXPECT_EQ(load.options().target, todos);
  EXPECT_FALSE(load.has_posts());
  load.offer({.todos = Has::no}, {});
  EXPECT_FALSE(load.has_target());
  load.offer({.todos = Has::no}, {page});
  EXPECT_TRUE(load.has_target());
  EXPECT_EQ(load.options().target, page);
  load.offer({.todos = Has::yes, .writes = Has::yes}, {page, todos});
  EXPECT_EQ(load.options().target, page);  // that stays
  load.change(LoadSetting::target);
  EXPECT_EQ(load.options().target, todos);
  EXPECT_TRUE(load.has_posts());
  load.change(LoadSetting::target);
  EXPECT_EQ(load.options().target, page);
}

}  // namespace
}  // namespace forkscope::operation
