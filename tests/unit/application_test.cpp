// What the application tells those who run it: the event loop, and whoever asks for its state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api_fixture.h"

namespace forkscope::api {
namespace {

namespace fs = std::filesystem;

using ApplicationTest = ApiFixture;

TEST_F(ApplicationTest, TellsTheLoopWhatWritesAndWhatReads) {
  const gateway::Application& application = *application_;
  EXPECT_TRUE(application.writes("POST", "/v1/todos"));
  EXPECT_TRUE(application.writes("DELETE", "/v1/todos/1"));
  EXPECT_FALSE(application.writes("GET", "/v1/todos"));
  EXPECT_FALSE(application.writes("OPTIONS", "/v1/todos"));
  EXPECT_FALSE(application.writes("POST", "/v1/faults/hang"));
  EXPECT_TRUE(application.reads("/v1/todos"));
  EXPECT_TRUE(application.reads("/v1/todos/1"));
  EXPECT_FALSE(application.reads("/v1/workers"));
  EXPECT_FALSE(application.reads("/v1/faults/work"));

  const auto version_now = [this] {
    const std::uint64_t version = application_->begin_reads();
    application_->end_reads();
    return version;
  };
  const std::uint64_t version = version_now();
  EXPECT_EQ(version_now(), version);
  post(R"({"title": "a"})");
  EXPECT_NE(version_now(), version);
}

TEST_F(ApplicationTest, IsReadyUntilItDrainsOrLosesItsStore) {
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  draining_ = true;
  EXPECT_EQ(get("/readyz").status, 503);
  draining_ = false;
  fs::remove(directory_ / "todos.db");
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(post(R"({"title": "a"})").status, 503);
}

TEST_F(ApplicationTest, ListsTheWorkers) {
  const Answer answer = get("/v1/workers");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.as_json()["workers"].is_array());
}

}  // namespace
}  // namespace forkscope::api
