// What HTTP asks of every route: media types, conditions, methods, HEAD, CORS, problems.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api_fixture.h"

namespace forkscope::api {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using ApiHttpTest = ApiFixture;

TEST_F(ApiHttpTest, ReadsJsonOnly) {
  const httplib::Headers form = {{"Content-Type", "application/x-www-form-urlencoded"}};
  const Answer posted = send("POST", "/v1/todos", R"({"title": "a"})", form);
  EXPECT_EQ(posted.status, 415);
  EXPECT_EQ(posted.header("Accept-Post"), "application/json");
  EXPECT_EQ(post(R"({"title": "a"})").status, 201);
  const Answer patched = send("PATCH", "/v1/todos/1", "{}", form);
  EXPECT_EQ(patched.status, 415);
  EXPECT_EQ(patched.header("Accept-Patch"), "application/merge-patch+json, application/json");
  const httplib::Headers charset = {{"Content-Type", "Application/JSON; charset=utf-8"}};
  EXPECT_EQ(send("POST", "/v1/todos", R"({"title": "a"})", charset).status, 201);
  EXPECT_EQ(send("POST", "/v1/todos", R"({"title": "a"})").status, 201);
}

TEST_F(ApiHttpTest, AnswersConditionalRequests) {
  post(R"({"title": "a"})");
  const std::string etag = get("/v1/todos/1").header("ETag");
  ASSERT_THAT(etag, AllOf(HasSubstr("\""), Not(HasSubstr("W/"))));
  const Answer unchanged = get("/v1/todos/1", {{"If-None-Match", "\"x\", W/" + etag}});
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged.body, "");
  EXPECT_EQ(unchanged.header("ETag"), etag);
  EXPECT_EQ(get("/v1/todos/1", {{"If-None-Match", "\"x\""}}).status, 200);

  const std::string list = get("/v1/todos").header("ETag");
  EXPECT_EQ(get("/v1/todos", {{"If-None-Match", list}}).status, 304);

  const Answer changed = send("PATCH", "/v1/todos/1", R"({"title": "b"})", {{"If-Match", etag}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.header("ETag"), get("/v1/todos/1").header("ETag"));
  EXPECT_EQ(get("/v1/todos", {{"If-None-Match", list}}).status, 200);
  for (const char* method : {"PATCH", "PUT", "DELETE"}) {
    EXPECT_EQ(send(method, "/v1/todos/1", R"({"title": "c"})", {{"If-Match", etag}}).status, 412);
  }
  EXPECT_EQ(get("/v1/todos/1").body, changed.body);
  EXPECT_EQ(send("DELETE", "/v1/todos/1", "", {{"If-Match", "*"}}).status, 204);
}

TEST_F(ApiHttpTest, SaysWhichMethodsAPathAllows) {
  const Answer refused = send("PATCH", "/v1/todos");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.header("Allow"), "GET, HEAD, POST, DELETE, OPTIONS");
  EXPECT_EQ(refused.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(send("POST", "/v1/todos/1").header("Allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
  EXPECT_EQ(send("POST", "/livez").status, 405);
  EXPECT_EQ(send("OPTIONS", "/v1/todos").header("Allow"), "GET, HEAD, POST, DELETE, OPTIONS");
}

TEST_F(ApiHttpTest, AnswersHeadLikeGetWithoutTheBody) {
  post(R"({"title": "a"})");
  const Answer head = send("HEAD", "/v1/todos/1");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.header("Content-Length"), std::to_string(get("/v1/todos/1").body.size()));
}

TEST_F(ApiHttpTest, LetsEveryOriginIn) {
  for (const Answer& answer : {get("/v1/todos"), get("/v1/todos/7"), get("/nowhere"),
                               send("PATCH", "/v1/todos"), post("{")}) {
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "*") << answer.body;
    EXPECT_THAT(answer.header("Access-Control-Expose-Headers"), HasSubstr("X-Worker-Pid"));
  }
  for (const char* path : {"/v1/todos", "/v1/todos/1", "/nowhere", "/v1/workers"}) {
    const Answer preflight = send("OPTIONS", path, "",
                                  {{"Origin", "http://example.com"},
                                   {"Access-Control-Request-Method", "PATCH"},
                                   {"Access-Control-Request-Headers", "content-type"}});
    EXPECT_EQ(preflight.status, 204) << path;
    EXPECT_EQ(preflight.body, "") << path;
    EXPECT_EQ(preflight.header("Access-Control-Allow-Origin"), "*") << path;
    EXPECT_THAT(preflight.header("Access-Control-Allow-Methods"), HasSubstr("PATCH")) << path;
    EXPECT_THAT(preflight.header("Access-Control-Allow-Headers"), HasSubstr("Content-Type"));
  }
}

TEST_F(ApiHttpTest, ExplainsAnUnknownPath) {
  const Answer answer = get("/nowhere");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(answer.as_json()["title"], "Not Found");
  EXPECT_EQ(get("/" + std::string(4000, 'a')).status, 404);
  EXPECT_EQ(get("/v1/todos/" + std::string(4000, '1')).status, 404);
}

}  // namespace
}  // namespace forkscope::api
