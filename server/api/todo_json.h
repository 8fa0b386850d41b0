// Todos as JSON, in both directions. Out: the shape that Todo-Backend clients know. In: strict, so
// that a client learns of its mistake from the answer and not from a strange list.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/problem.h"
#include "store/todo.h"

namespace forkscope::api {

/// `base` is what ids are appended to: "http://127.0.0.1:8000/v1/todos/".
std::string todo_json(const store::Todo& todo, const std::string& base);
std::string todos_json(const std::vector<store::Todo>& todos, const std::string& base);

/// A body to create or replace a todo: `title` is required.
///
/// Members: `title`, a string of 1 to 500 characters after trimming; `completed`, true or false;
/// `order`, an integer of 64 bits or null. Nothing else, and nothing twice. A problem has status
/// 400 where the body is no JSON object, 422 otherwise.
///
/// `id` is that of the todo which the request addresses. A client may then send back the whole todo
/// that it received: `url` is ignored, and `id` has to be the same.
std::variant<store::NewTodo, Problem> parse_todo(std::string_view body,
                                                 std::optional<std::int64_t> id);

/// A body to change a todo: the same, and every member may be missing. As a JSON merge patch
/// (RFC 7396), null removes a member; only `order` can be removed.
std::variant<store::TodoPatch, Problem> parse_todo_patch(std::string_view body, std::int64_t id);

}  // namespace forkscope::api
