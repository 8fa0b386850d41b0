#include "api/todo_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "api/json_members.h"
#include "api/unicode.h"

namespace forkscope::api {
namespace {

constexpr std::size_t kMaxTitleCharacters = 500;
constexpr std::size_t kMaxQuotedBytes = 64;

bool is_plain(char character) {
  return character >= ' ' && character <= '~' && character != '"' && character != '\\';
}

/// Most text needs nothing but the quotes, and nlohmann's serializer is costly to set up. A program
/// outside may have put text into the database that is not UTF-8.
std::string quoted(const std::string& text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) return '"' + text + '"';
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

constexpr std::size_t kUsualBytes = 256;  ///< Of a todo as JSON.

/// Written out rather than built as a tree: a page has up to a thousand of them.
void append_json(std::string& out, const store::Todo& todo, const std::string& base) {
  const std::string id = std::to_string(todo.id);
  out.append("{\"id\":").append(id);
  out.append(",\"title\":").append(quoted(todo.title));
  out.append(",\"completed\":").append(todo.completed ? "true" : "false");
  out.append(",\"order\":").append(todo.order ? std::to_string(*todo.order) : "null");
  out.append(",\"url\":").append(quoted(base + id)).append("}");
}

/// Takes the members of a body one by one, and collects what is wrong with them.
class TodoReader {
 public:
  explicit TodoReader(std::optional<std::int64_t> id) : id_(id) {}

  void take(const std::string& name, JsonValue& value) {
    if (!seen_.insert(name).second) return refuse(name, "must not be given twice");
    if (name == "title") return take_title(value);
    if (name == "completed") return take_completed(value);
    if (name == "order") return take_order(value);
    if (name == "id" && id_) return check_id(value);
    if (name == "url" && id_) return;
    refuse(name, "is not known; a todo has title, completed and order");
  }

  void require_title() {
    if (!seen_.contains("title")) refuse("title", "is required");
  }

  store::TodoPatch todo;
  std::vector<FieldError> errors;

 private:
  void take_title(JsonValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return refuse("title", "must be a string");
    const std::string_view title = trimmed(*text);
    if (title.empty()) return refuse("title", "must not be empty");
    if (code_point_count(title) > kMaxTitleCharacters) {
      return refuse("title", "must not be longer than 500 characters");
    }
    if (title.find('\0') != title.npos) return refuse("title", "must not contain U+0000");
    todo.title = title;
  }

  void take_completed(const JsonValue& value) {
    const auto* flag = std::get_if<bool>(&value);
    if (flag == nullptr) return refuse("completed", "must be true or false");
    todo.completed = *flag;
  }

  void take_order(const JsonValue& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number != nullptr) {
      todo.order = *number;
    } else if (std::holds_alternative<std::nullptr_t>(value)) {
      todo.order = std::optional<std::int64_t>();
    } else {
      refuse("order", "must be an integer of 64 bits, or null");
    }
  }

  void check_id(const JsonValue& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr || *number != *id_) refuse("id", "cannot be changed");
  }

  void refuse(const std::string& name, const char* detail) {
    errors.push_back({name.substr(0, kMaxQuotedBytes), detail});
  }

  std::optional<std::int64_t> id_;
  std::set<std::string> seen_;
};

std::optional<Problem> read(std::string_view body, TodoReader& reader, bool title_required) {
  auto members = read_json_members(body);
  if (const auto* error = std::get_if<std::string>(&members)) return Problem{400, *error, {}};
  for (auto& [name, value] : std::get<JsonMembers>(members)) reader.take(name, value);
  if (title_required) reader.require_title();
  if (reader.errors.empty()) return std::nullopt;
  return Problem{422, "The body does not describe a todo.", reader.errors};
}

}  // namespace

std::string todo_json(const store::Todo& todo, const std::string& base) {
  std::string json;
  json.reserve(kUsualBytes);
  append_json(json, todo, base);
  return json;
}

std::string todos_json(const std::vector<store::Todo>& todos, const std::string& base) {
  std::string json = "[";
  for (const store::Todo& todo : todos) {
    if (json.size() > 1) json += ',';
    append_json(json, todo, base);
  }
  return json += ']';
}

std::variant<store::NewTodo, Problem> parse_todo(std::string_view body,
                                                 std::optional<std::int64_t> id) {
  TodoReader reader(id);
  if (auto problem = read(body, reader, true)) return *problem;
  return store::NewTodo{*reader.todo.title, reader.todo.completed.value_or(false),
                        reader.todo.order.value_or(std::nullopt)};
}

std::variant<store::TodoPatch, Problem> parse_todo_patch(std::string_view body, std::int64_t id) {
  TodoReader reader(id);
  if (auto problem = read(body, reader, false)) return *problem;
  return reader.todo;
}

}  // namespace forkscope::api
