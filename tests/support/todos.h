// Todos of a running server: what a client posts, and what it gets back.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/server_process.h"

namespace forkscope::support {

/// The body of a POST.
inline std::string todo(const std::string& title) {
  return nlohmann::json{{"title", title}}.dump();
}

inline HttpResponse post_todo(const ServerProcess& server, const std::string& title) {
  return server.request("POST", "/v1/todos", todo(title));
}

/// Of all todos, in the order in which they were created.
inline std::vector<std::string> titles(const ServerProcess& server) {
  std::vector<std::string> all;
  std::string after = "0";
  while (true) {
    const auto page = server.request("GET", "/v1/todos?limit=1000&after=" + after);
    EXPECT_EQ(page.status, 200) << page.body;
    const auto todos = nlohmann::json::parse(page.body);
    if (page.status != 200 || todos.empty()) return all;
    for (const auto& entry : todos) all.push_back(entry["title"]);
    after = todos.back()["id"].dump();
  }
}

}  // namespace forkscope::support
