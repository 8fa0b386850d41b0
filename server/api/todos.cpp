#include "api/todos.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <limits>

#include "api/base_url.h"
#include "api/conditional.h"
#include "api/query.h"
#include "api/resource.h"
#include "api/todo_json.h"
#include "application/log.h"

namespace forkscope::api {
namespace {

using httplib::Request;
using httplib::Response;
using store::StoreError;
using store::Todo;
using store::TodoStore;

constexpr const char* kCollection = "/v1/todos";
constexpr const char* kItem = "/v1/todos/{id}";
constexpr const char* kItemPattern = "/v1/todos/[1-9][0-9]{0,18}";
constexpr std::int64_t kDefaultLimit = 100;
constexpr std::int64_t kMaxLimit = 1000;
constexpr std::int64_t kMaxId = std::numeric_limits<std::int64_t>::max();

constexpr const char* kJson = "application/json";
constexpr const char* kMergePatch = "application/merge-patch+json";

using TodoHandler = void (*)(TodoStore&, const Request&, Response&);

/// Clients are told, and the log: they cannot mend it.
void fail(const Request& req, Response& res, const StoreError& error) {
  set_problem(res, error);
  log_line(LogLevel::warning, req.method + " " + req.path + " answered with " +
                                  std::to_string(res.status) + ": " + error.what());
}

httplib::Server::Handler reading(TodoStore& store, TodoHandler handler) {
  return [&store, handler](const Request& req, Response& res) {
    try {
      handler(store, req, res);
    } catch (const StoreError& error) {
      fail(req, res, error);
    }
  };
}

/// What is answered with an error leaves the store as it was: so handlers change something last,
/// and only one thing.
httplib::Server::Handler writing(TodoStore& store, TodoHandler handler) {
  return [&store, handler](const Request& req, Response& res) {
    try {
      store::Change change = store.change();
      handler(store, req, res);
      if (res.status < 400) change.keep();
    } catch (const StoreError& error) {
      fail(req, res, error);
    }
  };
}

std::string collection_url(const Request& req) { return base_url(req) + kCollection; }

std::string item_base(const Request& req) { return collection_url(req) + "/"; }

/// Of an item's path.
std::string_view digits_of(const Request& req) {
  return std::string_view(req.path).substr(req.path.rfind('/') + 1);
}

/// Ids that do not fit into 64 bits are the ids of no todo: 0.
std::int64_t id_of(const Request& req) {
  const std::string_view digits = digits_of(req);
  std::int64_t id = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), id);
  return id;
}

void set_not_found(const Request& req, Response& res) {
  set_problem(res, {404, "There is no todo " + std::string(digits_of(req)) + ".", {}});
}

void set_todo(Response& res, int status, const Todo& todo, const std::string& base) {
  const std::string body = todo_json(todo, base);
  res.status = status;
  res.set_header("ETag", etag_of(body));
  res.set_content(body, kJson);
}

/// Whether the todo that a request wants to change is there, and the request's conditions allow it;
/// otherwise `res` says why not.
bool may_change_todo(TodoStore& store, const Request& req, Response& res) {
  const auto todo = store.find(id_of(req));
  if (!todo) {
    set_not_found(req, res);
    return false;
  }
  return may_change(req, res, todo_json(*todo, item_base(req)));
}

/// False: the body is of a type that is not read here, and `res` is a 415 that lists those that
/// are. A body without a type is taken for JSON.
bool accepts_body(const Request& req, Response& res) {
  const bool is_patch = req.method == "PATCH";
  std::string type = req.get_header_value("Content-Type");
  type = type.substr(0, type.find_first_of("; \t"));
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (type.empty() || type == kJson || (is_patch && type == kMergePatch)) return true;

  const std::string accepted = is_patch ? std::string(kMergePatch) + ", " + kJson : kJson;
  const char* header = is_patch ? "Accept-Patch" : req.method == "POST" ? "Accept-Post" : "Accept";
  res.set_header(header, accepted);
  set_problem(res, {415, "Send the body with Content-Type: " + accepted + ".", {}});
  return false;
}

// ── /v1/todos ──

void list_todos(TodoStore& store, const Request& req, Response& res) {
  Query query(req);
  const std::int64_t limit = query.integer("limit", kDefaultLimit, {1, kMaxLimit});
  const std::int64_t after = query.integer("after", 0, {0, kMaxId});
  const std::optional<bool> completed = query.boolean("completed");
  if (query.answer_if_wrong(res)) return;

  auto todos = store.list(limit + 1, after, completed);  // one more tells whether there is more
  if (static_cast<std::int64_t>(todos.size()) > limit) {
    todos.pop_back();
    std::string next = collection_url(req) + "?limit=" + std::to_string(limit) +
                       "&after=" + std::to_string(todos.back().id);
    if (completed) next += *completed ? "&completed=true" : "&completed=false";
    res.set_header("Link", "<" + next + ">; rel=\"next\"");
  }
  res.set_header("X-Total-Count", std::to_string(store.count(completed)));
  answer_get(req, res, todos_json(todos, item_base(req)));
}

void create_todo(TodoStore& store, const Request& req, Response& res) {
  if (!accepts_body(req, res)) return;
  const auto parsed = parse_todo(req.body, std::nullopt);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return set_problem(res, *problem);
  const Todo todo = store.insert(std::get<store::NewTodo>(parsed));
  const std::string base = item_base(req);
  res.set_header("Location", base + std::to_string(todo.id));
  set_todo(res, 201, todo, base);
}

/// The ETag of the list is that of its first page, which is what /v1/todos without a query is.
void delete_todos(TodoStore& store, const Request& req, Response& res) {
  const bool conditional = req.has_header("If-Match") || req.has_header("If-None-Match");
  if (conditional &&
      !may_change(req, res, todos_json(store.list(kDefaultLimit, 0, {}), item_base(req)))) {
    return;
  }
  store.clear();
  res.status = 204;
}

// ── /v1/todos/{id} ──

void get_todo(TodoStore& store, const Request& req, Response& res) {
  const auto todo = store.find(id_of(req));
  if (!todo) return set_not_found(req, res);
  answer_get(req, res, todo_json(*todo, item_base(req)));
}

void replace_todo(TodoStore& store, const Request& req, Response& res) {
  if (!accepts_body(req, res) || !may_change_todo(store, req, res)) return;
  const auto parsed = parse_todo(req.body, id_of(req));
  if (const auto* problem = std::get_if<Problem>(&parsed)) return set_problem(res, *problem);
  const auto& whole = std::get<store::NewTodo>(parsed);
  set_todo(res, 200, *store.update(id_of(req), {whole.title, whole.completed, whole.order}),
           item_base(req));
}

void change_todo(TodoStore& store, const Request& req, Response& res) {
  if (!accepts_body(req, res) || !may_change_todo(store, req, res)) return;
  const auto parsed = parse_todo_patch(req.body, id_of(req));
  if (const auto* problem = std::get_if<Problem>(&parsed)) return set_problem(res, *problem);
  set_todo(res, 200, *store.update(id_of(req), std::get<store::TodoPatch>(parsed)), item_base(req));
}

void delete_todo(TodoStore& store, const Request& req, Response& res) {
  if (!may_change_todo(store, req, res)) return;
  store.remove(id_of(req));
  res.status = 204;
}

}  // namespace

void add_todo_routes(httplib::Server& server, DirectRoutes& direct, TodoStore& store) {
  const std::map<Method, httplib::Server::Handler> collection = {
      {Method::get, reading(store, list_todos)},
      {Method::post, writing(store, create_todo)},
      {Method::del, writing(store, delete_todos)}};
  const std::map<Method, httplib::Server::Handler> item = {
      {Method::get, reading(store, get_todo)},
      {Method::put, writing(store, replace_todo)},
      {Method::patch, writing(store, change_todo)},
      {Method::del, writing(store, delete_todo)}};
  add_resource(server, kCollection, collection);
  add_resource(server, kItemPattern, item);
  direct.add(kCollection, collection);
  direct.add(kItem, item);
}

bool is_todo_path(std::string_view path) {
  return path == kCollection || path.starts_with("/v1/todos/");
}

}  // namespace forkscope::api
