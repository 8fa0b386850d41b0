// The todos API as a client meets it, against four workers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/server_process.h"

namespace forkscope::http {
namespace {

using nlohmann::json;
using support::http_request;
using support::HttpResponse;
using support::ServerProcess;
using ::testing::HasSubstr;

class Todos : public ::testing::Test {
 protected:
  ServerProcess server_{{.workers = 4}};
  const std::string origin_ = "http://localhost/v1/todos";  // the client's Host is "localhost"

  HttpResponse request(std::string_view method, std::string_view target, std::string_view body = "",
                       std::string_view headers = "") const {
    return http_request(server_.port(), method, target, body, headers);
  }
  json get(std::string_view target) const { return json::parse(request("GET", target).body); }
  json post(const json& todo) const {
    const auto response = request("POST", "/v1/todos", todo.dump());
    EXPECT_EQ(response.status, 201) << response.body;
    return json::parse(response.body);
  }
  void expect_problem(const HttpResponse& response, int status) const {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.header("content-type"), "application/problem+json");
    EXPECT_EQ(response.header("access-control-allow-origin"), "*");
    const json problem = json::parse(response.body);
    EXPECT_EQ(problem["status"], status);
    EXPECT_TRUE(problem["title"].is_string());
    EXPECT_TRUE(problem["detail"].is_string());
  }
};

TEST_F(Todos, AreFoundByEverySpellingOfTheirPath) {
  EXPECT_EQ(request("POST", "/v1/%74odos", R"({"title":"x"})").status, 201);
  EXPECT_EQ(request("POST", "/%761/todo%73", R"({"title":"y"})").status, 201);
  EXPECT_EQ(request("PATCH", "/v1/todo%73/%31", R"({"title":"z"})").status, 200);
  EXPECT_EQ(get("/v1/todos/%31")["title"], "z");
  EXPECT_EQ(get("/v1/%74odos").size(), 2U);
  EXPECT_EQ(request("DELETE", "/v1/%74%6f%64%6F%73/2").status, 204);
  EXPECT_EQ(get("/v1/todos").size(), 1U);
}

TEST_F(Todos, AreNotFoundByWhatOnlyResemblesTheirPath) {
  for (const char* path :
       {"/v1%2Ftodos", "/v1%2ftodos", "/v1/%2574odos", "//v1/todos", "/v1//todos", "/v1/./todos",
        "/v1/x/../todos", "/v1/%2e%2e/v1/todos", "/v1/todos/", "/v1/todos%20", "/v1/todos%3F",
        "/v1/todos%23", "/v1/TODOS", "/v1/todos%0a", "/v1/todos%FF", "/v1/todos/1%2f",
        "/v1/todos/"
        "%2B1",
        "/v1/todos/+1"}) {
    expect_problem(request("POST", path, R"({"title":"x"})"), 404);
    expect_problem(request("GET", path), 404);
  }
  EXPECT_EQ(get("/v1/todos"), json::array());
}

TEST_F(Todos, AreCreatedReadChangedReplacedAndDeleted) {
  EXPECT_EQ(get("/v1/todos"), json::array());
  const auto created = request("POST", "/v1/todos", R"({"title":" walk the dog "})");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.header("location"), origin_ + "/1");
  EXPECT_EQ(created.header("content-type"), "application/json");
  json todo = {{"id", 1},
               {"title", "walk the dog"},
               {"completed", false},
               {"order", nullptr},
               {"url", origin_ + "/1"}};
  EXPECT_EQ(json::parse(created.body), todo);
  EXPECT_EQ(get("/v1/todos/1"), todo);
  EXPECT_EQ(get("/v1/todos"), json::array({todo}));

  todo["completed"] = true;
  EXPECT_EQ(json::parse(request("PATCH", "/v1/todos/1", R"({"completed":true})").body), todo);
  todo["order"] = 95;
  EXPECT_EQ(json::parse(request("PATCH", "/v1/todos/1", R"({"order":95})").body), todo);
  EXPECT_EQ(get("/v1/todos/1"), todo);
  todo = {{"id", 1},
          {"title", "sleep"},
          {"completed", false},
          {"order", nullptr},
          {"url", origin_ + "/1"}};
  EXPECT_EQ(json::parse(request("PUT", "/v1/todos/1", R"({"title":"sleep"})").body), todo);
  EXPECT_EQ(get("/v1/todos"), json::array({todo}));

  EXPECT_EQ(request("DELETE", "/v1/todos/1").status, 204);
  EXPECT_EQ(request("GET", "/v1/todos/1").status, 404);
  EXPECT_EQ(post({{"title", "new"}})["id"], 2) << "an id is never used twice";
  EXPECT_EQ(request("DELETE", "/v1/todos").status, 204);
  EXPECT_EQ(get("/v1/todos"), json::array());
}

TEST_F(Todos, KeepTextAndNumbersExactly) {
  const std::vector<json> todos = {
      {{"title", "\"quoted\" \\ / \b\f\n\r\t end"}, {"order", INT64_MAX}},
      {{"title", "🐕 walken, прогулка, 散歩"}, {"order", INT64_MIN}},
      {{"title", std::string(500, 'x')}, {"order", 0}},
      {{"title", "'; DROP TABLE todos; --"}, {"order", -1}},
      {{"title", "<script>alert(1)</script>"}, {"completed", true}},
  };
  for (const json& todo : todos) {
    const auto url = post(todo)["url"].get<std::string>();
    const json kept = get(url.substr(std::string("http://localhost").size()));
    for (const auto& [name, value] : todo.items()) EXPECT_EQ(kept[name], value);
  }
}

TEST_F(Todos, ComeInPagesThatLinkToTheNext) {
  for (int i = 1; i <= 25; ++i) {
    post({{"title", "todo " + std::to_string(i)}, {"completed", i % 5 == 0}});
  }
  std::string target = "/v1/todos?limit=10";
  std::vector<std::size_t> sizes;
  int id = 0;
  while (!target.empty()) {
    const auto page = request("GET", target);
    ASSERT_EQ(page.status, 200);
    EXPECT_EQ(page.header("x-total-count"), "25");
    const json todos = json::parse(page.body);
    sizes.push_back(todos.size());
    for (const json& todo : todos) EXPECT_EQ(todo["id"], ++id);
    const std::string link = page.header("link");
    target = "";
    if (!link.empty()) {
      ASSERT_THAT(link, ::testing::StartsWith("<http://localhost/"));
      ASSERT_THAT(link, ::testing::EndsWith(">; rel=\"next\""));
      const std::size_t begin = std::string("<http://localhost").size();
      target = link.substr(begin, link.find('>') - begin);
    }
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{10, 10, 5}));
  EXPECT_EQ(get("/v1/todos?completed=true").size(), 5U);
  EXPECT_EQ(get("/v1/todos?completed=false&after=20").size(), 4U);
  EXPECT_EQ(request("GET", "/v1/todos?completed=true").header("x-total-count"), "5");
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "limit=", "limit=1&limit=2",
                            "after=-1", "after=9223372036854775808", "completed=maybe"}) {
    expect_problem(request("GET", "/v1/todos?" + std::string(query)), 400);
  }
}

TEST_F(Todos, AreNotChangedByABodyThatIsWrong) {
  const json before = post({{"title", "as it was"}, {"order", 7}});
  struct Body {
    int status;
    std::string text;
    const char* field;  // null where the whole body is wrong
  };
  const std::vector<Body> bodies = {
      {400, "", nullptr},
      {400, "title", nullptr},
      {400, R"({"title":"x")", nullptr},
      {400, R"(["title"])", nullptr},
      {400, R"({"title":"x"} y)", nullptr},
      {400, "{\"title\":\"\xff\"}", nullptr},
      {400, "{\"title\":\"\xc0\xaf\"}", nullptr},
      {400, R"({"title":"\ud800"})", nullptr},
      {400, std::string(100'000, '['), nullptr},
      {400, R"({"title":)" + std::string(100, '[') + std::string(100, ']') + "}", nullptr},
      {400, std::string("{\"title\":\"x\"}\0", 14), nullptr},
      {400, std::string("{\"title\":\"x\"}\0garbage", 21), nullptr},
      {400, std::string("{\"title\":\"a\0b\"}", 15), nullptr},
      {400, R"({"title":"x"}{"title":"y"})", nullptr},
      {400, R"({"title":"x",})", nullptr},
      {400, R"({"title":"x"} // a comment)", nullptr},
      {400, "{\"title\":\"\xed\xa0\x80\"}", nullptr},      // a surrogate, in UTF-8
      {400, "{\"title\":\"\xf4\x90\x80\x80\"}", nullptr},  // beyond U+10FFFF
      {400, "{\"title\":\"\xe2\x80\"}", nullptr},
      {400, R"({"title":"\udc00\ud800"})", nullptr},
      {400, R"({"title":"x","order":01})", nullptr},
      {400, R"({"title":"x","order":1e400})", nullptr},
      {422, R"({"title":"x","ti\u0074le":"y"})", "title"},
      {422, R"({"title":"x","order":1e-2})", "order"},
      {422, R"({"title":"x","order":-9223372036854775809})", "order"},
      {422, R"({"title":"x","order":99999999999999999999999999999999})", "order"},
      {422, R"({"title":"x","order":true})", "order"},
      {422, R"({"title":"x","completed":null})", "completed"},
      {422, R"({"title":["x"]})", "title"},
      {422, R"({"title":"x","":1})", ""},
      {422, R"({"title":"x","Title":"y"})", "Title"},
      {422, R"({"title":""})", "title"},
      {422, R"({"title":" \u00a0\n"})", "title"},
      {422, R"({"title":null})", "title"},
      {422, R"({"title":1})", "title"},
      {422, R"({"title":")" + std::string(501, 'x') + "\"}", "title"},
      {422, R"({"title":"a\u0000b"})", "title"},
      {422, R"({"title":"x","title":"y"})", "title"},
      {422, R"({"title":"x","completed":1})", "completed"},
      {422, R"({"title":"x","completed":"true"})", "completed"},
      {422, R"({"title":"x","order":1.5})", "order"},
      {422, R"({"title":"x","order":9223372036854775808})", "order"},
      {422, R"({"title":"x","order":"1"})", "order"},
      {422, R"({"title":"x","id":7})", "id"},
      {422, R"({"title":"x","owner":"me"})", "owner"},
  };
  for (const Body& body : bodies) {
    SCOPED_TRACE(body.text.substr(0, 100));
    for (const auto& [method, target] : std::vector<std::pair<const char*, const char*>>{
             {"POST", "/v1/todos"}, {"PUT", "/v1/todos/1"}, {"PATCH", "/v1/todos/1"}}) {
      const auto response = request(method, target, body.text);
      expect_problem(response, body.status);
      if (body.field == nullptr) continue;
      const json errors = json::parse(response.body)["errors"];
      ASSERT_EQ(errors.size(), 1U) << errors;
      EXPECT_EQ(errors[0]["field"], body.field);
      EXPECT_TRUE(errors[0]["detail"].is_string());
    }
  }
  EXPECT_EQ(get("/v1/todos"), json::array({before}));
}

TEST_F(Todos, AreOnlyReadFromJson) {
  const std::string todo = R"({"title":"x"})";
  const auto send_as = [&](const char* method, const char* target, const char* type) {
    support::HttpConnection connection(server_.port());
    connection.send(std::string(method) + " " + target + " HTTP/1.1\r\nHost: a\r\nContent-Type: " +
                    type + "\r\nContent-Length: 13\r\n\r\n" + todo);
    return connection.read_response();
  };
  EXPECT_EQ(send_as("POST", "/v1/todos", "Application/JSON; charset=utf-8").status, 201);
  EXPECT_EQ(send_as("PATCH", "/v1/todos/1", "application/merge-patch+json").status, 200);
  const auto post = send_as("POST", "/v1/todos", "text/plain");
  expect_problem(post, 415);
  EXPECT_EQ(post.header("accept-post"), "application/json");
  const auto patch = send_as("PATCH", "/v1/todos/1", "application/x-www-form-urlencoded");
  expect_problem(patch, 415);
  EXPECT_THAT(patch.header("accept-patch"), HasSubstr("application/merge-patch+json"));
}

TEST_F(Todos, ThatAreNotThereAreNotFound) {
  post({{"title", "the only one"}});
  for (const char* id : {"2", "0", "01", "-1", "x", "1x", "1/", "9223372036854775807",
                         "9223372036854775808", "99999999999999999999999", "1%2f", "%31%30"}) {
    const std::string target = "/v1/todos/" + std::string(id);
    expect_problem(request("GET", target), 404);
    expect_problem(request("DELETE", target), 404);
    expect_problem(request("PATCH", target, R"({"completed":true})"), 404);
    expect_problem(request("PUT", target, R"({"title":"x"})"), 404);
  }
  expect_problem(request("GET", "/nowhere"), 404);
  expect_problem(request("POST", "/v2/todos", R"({"title":"x"})"), 404);
  EXPECT_EQ(get("/v1/todos").size(), 1U);
}

TEST_F(Todos, AreNotSentAgainToAClientThatHasThem) {
  post({{"title", "x"}});
  for (const char* target : {"/v1/todos", "/v1/todos/1"}) {
    const std::string etag = request("GET", target).header("etag");
    ASSERT_THAT(etag, ::testing::MatchesRegex("\"[^\"]+\""));
    for (const std::string& list : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
      const auto response = request("GET", target, "", "If-None-Match: " + list + "\r\n");
      EXPECT_EQ(response.status, 304) << list;
      EXPECT_EQ(response.header("etag"), etag);
      EXPECT_EQ(response.body, "");
    }
    EXPECT_EQ(request("GET", target, "", "If-None-Match: \"other\"\r\n").status, 200);
    EXPECT_EQ(request("GET", target).header("etag"), etag);
    request("PATCH", "/v1/todos/1", R"({"title":"changed )" + std::string(target) + "\"}");
    const auto changed = request("GET", target, "", "If-None-Match: " + etag + "\r\n");
    EXPECT_EQ(changed.status, 200);
    EXPECT_NE(changed.header("etag"), etag);
  }
}

TEST_F(Todos, AreOnlyChangedByAClientThatHasSeenTheirLatestState) {
  const std::string old = request("POST", "/v1/todos", R"({"title":"x"})").header("etag");
  const std::string if_old = "If-Match: " + old + "\r\n";
  const auto first = request("PATCH", "/v1/todos/1", R"({"title":"first"})", if_old);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.header("etag"), request("GET", "/v1/todos/1").header("etag"));
  expect_problem(request("PATCH", "/v1/todos/1", R"({"title":"second"})", if_old), 412);
  expect_problem(request("PUT", "/v1/todos/1", R"({"title":"second"})", if_old), 412);
  expect_problem(request("DELETE", "/v1/todos/1", "", if_old), 412);
  expect_problem(request("DELETE", "/v1/todos", "", if_old), 412);
  expect_problem(request("PUT", "/v1/todos/1", R"({"title":"x"})", "If-None-Match: *\r\n"), 412);
  EXPECT_EQ(get("/v1/todos/1")["title"], "first");
  EXPECT_EQ(request("PUT", "/v1/todos/1", R"({"title":"any"})", "If-Match: *\r\n").status, 200);
  const std::string list = request("GET", "/v1/todos").header("etag");
  const std::string now = "If-Match: " + request("GET", "/v1/todos/1").header("etag") + "\r\n";
  EXPECT_EQ(request("DELETE", "/v1/todos/1", "", now).status, 204);
  expect_problem(request("DELETE", "/v1/todos", "", "If-Match: " + list + "\r\n"), 412);
  const std::string empty = request("GET", "/v1/todos").header("etag");
  EXPECT_EQ(request("DELETE", "/v1/todos", "", "If-Match: " + empty + "\r\n").status, 204);
}

}  // namespace
}  // namespace forkscope::http
