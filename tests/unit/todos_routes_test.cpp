// The todos: what the routes do, and what they refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api_fixture.h"

namespace forkscope::api {
namespace {

using nlohmann::json;

using TodosRoutesTest = ApiFixture;

TEST_F(TodosRoutesTest, CreatesATodoAndSaysWhereItIs) {
  const Answer created = post(R"({"title": "  walk the dog "})");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.header("Location"), "http://todos.test:8000/v1/todos/1");
  EXPECT_EQ(created.header("Content-Type"), "application/json");
  EXPECT_EQ(created.body, R"({"id":1,"title":"walk the dog","completed":false,"order":null,)"
                          R"("url":"http://todos.test:8000/v1/todos/1"})");
  EXPECT_EQ(get("/v1/todos/1").body, created.body);
  EXPECT_EQ(get("/v1/todos").body, "[" + created.body + "]");
}

TEST_F(TodosRoutesTest, ChangesAndReplacesATodo) {
  post(R"({"title": "a", "order": 3})");
  const Answer patched = send("PATCH", "/v1/todos/1", R"({"completed": true})",
                              {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(patched.status, 200);
  EXPECT_EQ(patched.as_json()["completed"], true);
  EXPECT_EQ(patched.as_json()["order"], 3);
  EXPECT_EQ(send("PATCH", "/v1/todos/1", R"({"order": null})").as_json()["order"], nullptr);

  const Answer replaced = send("PUT", "/v1/todos/1", R"({"title": "b"})");
  EXPECT_EQ(replaced.status, 200);
  EXPECT_EQ(replaced.as_json()["title"], "b");
  EXPECT_EQ(replaced.as_json()["completed"], false);
  EXPECT_EQ(get("/v1/todos/1").body, replaced.body);
}

TEST_F(TodosRoutesTest, TakesBackTheWholeTodoThatItGave) {
  const json todo = post(R"({"title": "a"})").as_json();
  EXPECT_EQ(send("PUT", "/v1/todos/1", todo.dump()).status, 200);
  EXPECT_EQ(send("PATCH", "/v1/todos/1", todo.dump()).status, 200);
  EXPECT_EQ(send("PATCH", "/v1/todos/1", R"({"id": 2})").status, 422);
}

TEST_F(TodosRoutesTest, DeletesOneAndAll) {
  for (int i = 0; i < 3; ++i) post(R"({"title": "x"})");
  EXPECT_EQ(send("DELETE", "/v1/todos/2").status, 204);
  EXPECT_EQ(get("/v1/todos/2").status, 404);
  EXPECT_EQ(send("DELETE", "/v1/todos/2").status, 404);
  EXPECT_EQ(get("/v1/todos").header("X-Total-Count"), "2");
  EXPECT_EQ(send("DELETE", "/v1/todos").status, 204);
  EXPECT_EQ(get("/v1/todos").body, "[]");
}

TEST_F(TodosRoutesTest, ListsInPagesThatLinkToTheNext) {
  for (int i = 1; i <= 5; ++i) {
    post(json{{"title", std::to_string(i)}, {"completed", i % 2 == 1}}.dump());
  }
  const Answer page = get("/v1/todos?limit=2&completed=true");
  EXPECT_EQ(page.as_json().size(), 2u);
  EXPECT_EQ(page.header("X-Total-Count"), "3");
  EXPECT_EQ(page.header("Link"),
            "<http://todos.test:8000/v1/todos?limit=2&after=3&completed=true>; rel=\"next\"");
  const Answer last = get("/v1/todos?limit=2&after=3&completed=true");
  EXPECT_EQ(last.as_json().size(), 1u);
  EXPECT_EQ(last.header("Link"), "");
  EXPECT_EQ(get("/v1/todos?limit=5").header("Link"), "");
}

TEST_F(TodosRoutesTest, RefusesQueriesThatItCannotFollow) {
  for (const char* query :
       {"limit=0", "limit=1001", "limit=ten", "limit=", "limit=1x", "limit=+1", "after=-1",
        "after=9223372036854775808", "completed=yes", "limit=1&limit=2"}) {
    const Answer answer = get(std::string("/v1/todos?") + query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_EQ(answer.as_json()["errors"].size(), 1u) << query;
  }
}

TEST_F(TodosRoutesTest, DoesNotKnowTodosThatCannotBe) {
  for (const char* id : {"1", "0", "-1", "01", "abc", "9223372036854775808",
                         "99999999999999999999999", "1/", "1/x"}) {
    const Answer answer = get(std::string("/v1/todos/") + id);
    EXPECT_EQ(answer.status, 404) << id;
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json") << id;
  }
}

struct BadBody {
  const char* body;
  int status;
  const char* field;  // null: the problem is not with one field
};

TEST_F(TodosRoutesTest, TakesAnIntegerHoweverItIsWritten) {
  const std::pair<const char*, std::int64_t> orders[] = {
      {"2.0", 2},
      {"1e2", 100},
      {"-20.00E-1", -2},
      {"0.25e+2", 25},
      {"-0.0", 0},
      {"0e-99999999999999999999", 0},
      {"9007199254740993.0", 9007199254740993},  // not a double
      {"9223372036854775807.000", INT64_MAX},
      {"-9223372036854775.808e3", INT64_MIN},
      {"1e18", 1'000'000'000'000'000'000},
  };
  for (const auto& [written, order] : orders) {
    const Answer answer = post(std::string(R"({"title": "a", "order": )") + written + "}");
    ASSERT_EQ(answer.status, 201) << written;
    EXPECT_EQ(answer.as_json()["order"], order) << written;
  }
}

TEST_F(TodosRoutesTest, RefusesBodiesThatAreNoTodoAndKeepsNothingOfThem) {
  const std::string long_title = R"({"title": ")" + std::string(501, 'x') + "\"}";
  const std::string deep = R"({"title": )" + std::string(10'000, '[');
  const BadBody bodies[] = {
      {"", 400, nullptr},
      {"{", 400, nullptr},
      {"[]", 400, nullptr},
      {"null", 400, nullptr},
      {"\"title\"", 400, nullptr},
      {R"({"title": "a"} x)", 400, nullptr},
      {R"({"title": "a",})", 400, nullptr},
      {"{'title': 'a'}", 400, nullptr},
      {"{\"title\": \"\xFF\"}", 400, nullptr},          // not UTF-8
      {"{\"title\": \"\xC0\xAF\"}", 400, nullptr},      // overlong
      {"{\"title\": \"\xED\xA0\x80\"}", 400, nullptr},  // a surrogate
      {R"({"title": "\ud800"})", 400, nullptr},         // half a pair
      {"{\"title\": \"a\nb\"}", 400, nullptr},          // a raw line end
      {R"({"title": "a", "order": NaN})", 400, nullptr},
      {deep.c_str(), 400, nullptr},
      {"{}", 422, "title"},
      {R"({"title": null})", 422, "title"},
      {R"({"title": 5})", 422, "title"},
      {R"({"title": ["a"]})", 422, "title"},
      {R"({"title": {"title": "a"}})", 422, "title"},
      {R"({"title": ""})", 422, "title"},
      {R"({"title": " \t\n\u00a0\u3000\ufeff"})", 422, "title"},
      {R"({"title": "a\u0000b"})", 422, "title"},
      {long_title.c_str(), 422, "title"},
      {R"({"title": "a", "title": "b"})", 422, "title"},
      {R"({"title": "a", "t\u0069tle": "b"})", 422, "title"},
      {R"({"title": "a", "completed": 1})", 422, "completed"},
      {R"({"title": "a", "completed": "true"})", 422, "completed"},
      {R"({"title": "a", "completed": null})", 422, "completed"},
      {R"({"title": "a", "order": "1"})", 422, "order"},
      {R"({"title": "a", "order": 1.01})", 422, "order"},
      {R"({"title": "a", "order": 1e-1})", 422, "order"},
      {R"({"title": "a", "order": 1e19})", 422, "order"},
      {R"({"title": "a", "order": 1e-99999999999999999999})", 422, "order"},
      {R"({"title": "a", "order": 9223372036854775808.0})", 422, "order"},
      {R"({"title": "a", "order": 922337203685477580.75e1})", 422, "order"},
      {R"({"title": "a", "order": 9223372036854775808})", 422, "order"},
      {R"({"title": "a", "order": -9223372036854775809})", 422, "order"},
      {R"({"title": "a", "order": true})", 422, "order"},
      {R"({"title": "a", "Title": "b"})", 422, "Title"},
      {R"({"title": "a", "id": 7})", 422, "id"},
      {R"({"title": "a", "": 1})", 422, ""},
  };
  for (const BadBody& bad : bodies) {
    const Answer answer = post(bad.body);
    EXPECT_EQ(answer.status, bad.status) << bad.body;
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json") << bad.body;
    const json problem = answer.as_json();
    EXPECT_EQ(problem["status"], bad.status) << bad.body;
    EXPECT_TRUE(problem["detail"].is_string()) << bad.body;
    if (bad.field != nullptr) {
      ASSERT_EQ(problem["errors"].size(), 1u) << bad.body;
      EXPECT_EQ(problem["errors"][0]["field"], bad.field) << bad.body;
    }
  }
  EXPECT_EQ(get("/v1/todos").body, "[]");
}

TEST_F(TodosRoutesTest, AcceptsEverythingThatATodoMayBe) {
  std::string dogs;
  for (int i = 0; i < 500; ++i) dogs += "\xF0\x9F\x90\x95";
  const std::string all_dogs = json{{"title", dogs}}.dump();
  for (const char* body :
       {R"({"title": "a"})", R"({"title": "<script>'\"\\"})",
        R"({"title": "a\tb", "completed": true, "order": -9223372036854775808})",
        R"({"title": "\ud83d\udc15", "order": 9223372036854775807})",
        R"({"order": null, "completed": false, "title": "a"})", all_dogs.c_str()}) {
    const Answer created = post(body);
    ASSERT_EQ(created.status, 201) << body;
    EXPECT_EQ(get("/v1/todos/" + created.as_json()["id"].dump()).body, created.body);
  }
  EXPECT_EQ(post(R"({"title": "\u2003a\u00a0"})").as_json()["title"], "a");
}

TEST_F(TodosRoutesTest, LeavesATodoAsItWasWhenAChangeIsRefused) {
  const std::string before = post(R"({"title": "a"})").body;
  for (const char* body : {R"({"title": ""})", R"({"title": null})", R"({"completed": "no"})",
                           R"({"title": "b", "completed": 3})", R"({"colour": "red"})", "["}) {
    EXPECT_GE(send("PATCH", "/v1/todos/1", body).status, 400) << body;
    EXPECT_GE(send("PUT", "/v1/todos/1", body).status, 400) << body;
  }
  EXPECT_EQ(get("/v1/todos/1").body, before);
  EXPECT_EQ(send("PATCH", "/v1/todos/1", "{}").body, before);
  EXPECT_EQ(send("PATCH", "/v1/todos/2", "{}").status, 404);
}

}  // namespace
}  // namespace forkscope::api
