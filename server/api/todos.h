// The todos themselves.
//
//   GET    /v1/todos        a page of the list, oldest first: ?limit, ?after, ?completed
//   POST   /v1/todos        a new one
//   DELETE /v1/todos        all of them
//   GET, PUT, PATCH, DELETE /v1/todos/{id}
#pragma once

#include <httplib.h>

#include <string_view>

#include "api/direct_routes.h"
#include "store/todo_store.h"

namespace forkscope::api {

/// `store` outlives the server. Handlers that write run between its begin_writes() and
/// commit_writes(); whatever they answer with 400 or above has changed nothing.
void add_todo_routes(httplib::Server& server, DirectRoutes& direct, store::TodoStore& store);

/// Whether `path`, without its query, is one of these.
bool is_todo_path(std::string_view path);

}  // namespace forkscope::api
