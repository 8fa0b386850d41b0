// The application as the event loop calls it: requests in, response bytes out, writes in batches.
// No sockets, a real database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/application.h"
#include "forkscope/telemetry/segment.h"

namespace forkscope::api {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// One request in, one response out.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string input) : input_(std::move(input)) {}

  bool is_readable() const override { return read_ < input_.size(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* target, size_t size) override {
    const size_t bytes = std::min(size, input_.size() - read_);
    std::memcpy(target, input_.data() + read_, bytes);
    read_ += bytes;
    return static_cast<ssize_t>(bytes);
  }
  ssize_t write(const char* source, size_t size) override {
    output.append(source, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

  std::string output;

 private:
  std::string input_;
  size_t read_ = 0;
};

struct Answer {
  int status = 0;
  httplib::Headers headers;
  std::string body;

  json as_json() const { return json::parse(body); }
  std::string header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
};

Answer parse_answer(const std::string& text) {
  Answer answer;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  answer.status = std::stoi(line.substr(line.find(' ')));
  while (std::getline(lines, line) && line != "\r") {
    const auto colon = line.find(": ");
    answer.headers.emplace(line.substr(0, colon), line.substr(colon + 2, line.size() - colon - 3));
  }
  answer.body = text.substr(text.find("\r\n\r\n") + 4);
  return answer;
}

class Server final : public httplib::Server {
 public:
  explicit Server(gateway::Application& application) : application_(application) {
    httplib::Headers common;
    for (auto& [name, value] : application.common_fields()) common.emplace(name, value);
    set_default_headers(common);
    application.add_routes(*this);
  }

  Answer send(const std::string& method, const std::string& target, const std::string& body = "",
              const httplib::Headers& headers = {}) {
    const bool writes = application_.writes(method, target.substr(0, target.find('?')));
    if (writes && !application_.begin_writes()) throw std::runtime_error("no turn");
    const Answer answer = process(method, target, body, headers);
    if (writes) {
      if (const auto failure = application_.commit_writes()) return {failure->status, {}, {}};
      if (const auto failure = application_.flush_writes()) return {failure->status, {}, {}};
    }
    return answer;
  }

 private:
  Answer process(const std::string& method, const std::string& target, const std::string& body,
                 const httplib::Headers& headers) {
    std::string head = method + " " + target + " HTTP/1.1\r\nHost: todos.test:8000\r\n";
    for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
    MemoryStream stream(head + "\r\n");
    bool closed = false;
    process_request(stream, false, closed, [&](httplib::Request& req) { req.body = body; });
    return parse_answer(stream.output);
  }

  gateway::Application& application_;
};

class ApiTest : public ::testing::Test {
 protected:
  ApiTest()
      : segment_(telemetry::Segment::create({.slots = 2, .port = 8000, .host = "127.0.0.1"})),
        view_(telemetry::SegmentView::over(segment_.data(), segment_.size())) {
    std::string pattern = fs::temp_directory_path() / "forkscope-api-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    start(true);
  }
  ~ApiTest() override { fs::remove_all(directory_); }

  void start(bool faults_enabled) {
    server_.reset();
    application_ = make_application({.database = directory_ / "todos.db",
                                     .faults_enabled = faults_enabled,
                                     .telemetry = &view_,
                                     .draining = [this] { return draining_; }});
    server_ = std::make_unique<Server>(*application_);
  }

  Answer send(const std::string& method, const std::string& target, const std::string& body = "",
              const httplib::Headers& headers = {}) {
    return server_->send(method, target, body, headers);
  }
  Answer get(const std::string& target, const httplib::Headers& headers = {}) {
    return send("GET", target, "", headers);
  }
  Answer post(const std::string& body) {
    return send("POST", "/v1/todos", body, {{"Content-Type", "application/json"}});
  }

  telemetry::Segment segment_;
  telemetry::SegmentView view_;
  fs::path directory_;
  bool draining_ = false;
  std::unique_ptr<gateway::Application> application_;
  std::unique_ptr<Server> server_;
};

// ── todos ──

TEST_F(ApiTest, CreatesATodoAndSaysWhereItIs) {
  const Answer created = post(R"({"title": "  walk the dog "})");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.header("Location"), "http://todos.test:8000/v1/todos/1");
  EXPECT_EQ(created.header("Content-Type"), "application/json");
  EXPECT_EQ(created.body, R"({"id":1,"title":"walk the dog","completed":false,"order":null,)"
                          R"("url":"http://todos.test:8000/v1/todos/1"})");
  EXPECT_EQ(get("/v1/todos/1").body, created.body);
  EXPECT_EQ(get("/v1/todos").body, "[" + created.body + "]");
}

TEST_F(ApiTest, ChangesAndReplacesATodo) {
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

TEST_F(ApiTest, TakesBackTheWholeTodoThatItGave) {
  const json todo = post(R"({"title": "a"})").as_json();
  EXPECT_EQ(send("PUT", "/v1/todos/1", todo.dump()).status, 200);
  EXPECT_EQ(send("PATCH", "/v1/todos/1", todo.dump()).status, 200);
  EXPECT_EQ(send("PATCH", "/v1/todos/1", R"({"id": 2})").status, 422);
}

TEST_F(ApiTest, DeletesOneAndAll) {
  for (int i = 0; i < 3; ++i) post(R"({"title": "x"})");
  EXPECT_EQ(send("DELETE", "/v1/todos/2").status, 204);
  EXPECT_EQ(get("/v1/todos/2").status, 404);
  EXPECT_EQ(send("DELETE", "/v1/todos/2").status, 404);
  EXPECT_EQ(get("/v1/todos").header("X-Total-Count"), "2");
  EXPECT_EQ(send("DELETE", "/v1/todos").status, 204);
  EXPECT_EQ(get("/v1/todos").body, "[]");
}

TEST_F(ApiTest, ListsInPagesThatLinkToTheNext) {
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

TEST_F(ApiTest, RefusesQueriesThatItCannotFollow) {
  for (const char* query :
       {"limit=0", "limit=1001", "limit=ten", "limit=", "limit=1x", "limit=+1", "after=-1",
        "after=9223372036854775808", "completed=yes", "limit=1&limit=2"}) {
    const Answer answer = get(std::string("/v1/todos?") + query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_EQ(answer.as_json()["errors"].size(), 1u) << query;
  }
}

TEST_F(ApiTest, DoesNotKnowTodosThatCannotBe) {
  for (const char* id : {"1", "0", "-1", "01", "abc", "9223372036854775808",
                         "99999999999999999999999", "1/", "1/x"}) {
    const Answer answer = get(std::string("/v1/todos/") + id);
    EXPECT_EQ(answer.status, 404) << id;
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json") << id;
  }
}

// ── validation ──

struct BadBody {
  const char* body;
  int status;
  const char* field;  // null: the problem is not with one field
};

TEST_F(ApiTest, RefusesBodiesThatAreNoTodoAndKeepsNothingOfThem) {
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
      {R"({"title": "a", "order": 1.0})", 422, "order"},
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

TEST_F(ApiTest, AcceptsEverythingThatATodoMayBe) {
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

TEST_F(ApiTest, LeavesATodoAsItWasWhenAChangeIsRefused) {
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

// ── HTTP ──

TEST_F(ApiTest, ReadsJsonOnly) {
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

TEST_F(ApiTest, AnswersConditionalRequests) {
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

TEST_F(ApiTest, SaysWhichMethodsAPathAllows) {
  const Answer refused = send("PATCH", "/v1/todos");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.header("Allow"), "GET, HEAD, POST, DELETE, OPTIONS");
  EXPECT_EQ(refused.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(send("POST", "/v1/todos/1").header("Allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
  EXPECT_EQ(send("POST", "/livez").status, 405);
  EXPECT_EQ(send("OPTIONS", "/v1/todos").header("Allow"), "GET, HEAD, POST, DELETE, OPTIONS");
}

TEST_F(ApiTest, AnswersHeadLikeGetWithoutTheBody) {
  post(R"({"title": "a"})");
  const Answer head = send("HEAD", "/v1/todos/1");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.header("Content-Length"), std::to_string(get("/v1/todos/1").body.size()));
}

TEST_F(ApiTest, LetsEveryOriginIn) {
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

TEST_F(ApiTest, ExplainsAnUnknownPath) {
  const Answer answer = get("/nowhere");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(answer.as_json()["title"], "Not Found");
  EXPECT_EQ(get("/" + std::string(4000, 'a')).status, 404);
  EXPECT_EQ(get("/v1/todos/" + std::string(4000, '1')).status, 404);
}

// ── status and faults ──

TEST_F(ApiTest, IsReadyUntilItDrainsOrLosesItsStore) {
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

TEST_F(ApiTest, ListsTheWorkers) {
  const Answer answer = get("/v1/workers");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.as_json()["workers"].is_array());
}

TEST_F(ApiTest, WorksAndSleepsForAsLongAsAsked) {
  for (const char* fault : {"work", "slow"}) {
    const std::string path = std::string("/v1/faults/") + fault;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(get(path + "?ms=30").status, 200);
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(30));
    for (const char* ms : {"-1", "x", "60001", "1.5"}) {
      EXPECT_EQ(send("POST", path + "?ms=" + ms).status, 400) << fault << ms;
    }
  }
  EXPECT_EQ(get("/v1/faults/hang?mode=quietly").status, 400);
  EXPECT_EQ(get("/v1/faults/crash?how=softly").status, 400);
}

using ApiDeathTest = ApiTest;

TEST_F(ApiDeathTest, CrashesInTheWayAskedFor) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(get("/v1/faults/crash?how=segv"), ::testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(get("/v1/faults/crash?how=abort"), ::testing::KilledBySignal(SIGABRT), "");
  EXPECT_EXIT(get("/v1/faults/crash?how=exit"), ::testing::ExitedWithCode(70), "");
}

TEST_F(ApiDeathTest, HangsInTheWayAskedFor) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // ITIMER_VIRTUAL counts user CPU time: only a process that spins is ever killed by it.
  const auto hang = [this](const std::string& mode, __itimer_which_t clock) {
    ::alarm(10);
    const itimerval limit{{0, 0}, {0, 50'000}};
    ::setitimer(clock, &limit, nullptr);
    get("/v1/faults/hang?mode=" + mode);
  };
  EXPECT_EXIT(hang("spin", ITIMER_VIRTUAL), ::testing::KilledBySignal(SIGVTALRM), "");
  EXPECT_EXIT(hang("sleep", ITIMER_REAL), ::testing::KilledBySignal(SIGALRM), "");
}

TEST_F(ApiTest, ThrowsOutOfTheHandlerWhenAsked) {
  bool thrown = false;
  server_->set_exception_handler(
      [&](const httplib::Request&, httplib::Response& res, std::exception_ptr) {
        thrown = true;
        res.status = 500;
      });
  const Answer answer = get("/v1/faults/crash?how=throw");
  EXPECT_TRUE(thrown);
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
}

TEST_F(ApiTest, HasNoFaultsWhenTheyAreOff) {
  start(false);
  for (const char* fault : {"hang", "crash", "work", "slow"}) {
    EXPECT_EQ(send("POST", std::string("/v1/faults/") + fault).status, 404) << fault;
  }
}

// ── the contract with the event loop ──

TEST_F(ApiTest, TellsTheLoopWhatWritesAndWhatReads) {
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

}  // namespace
}  // namespace forkscope::api
