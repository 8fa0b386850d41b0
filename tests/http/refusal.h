// How the server refuses a connection's bytes: one answer that says why, then the end.
#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "support/server_process.h"

namespace forkscope::http {

struct Case {
  int status;
  std::string bytes;
};

inline std::string printable(const std::string& bytes) {
  return testing::PrintToString(bytes.size() < 200 ? bytes : bytes.substr(0, 200) + "…");
}

/// Sends `bytes`, and expects exactly one answer from worker 1, with `status` and as problem+json,
/// and then the end of the connection, not a reset.
inline void expect_refused(const support::ServerProcess& server, pid_t worker, int status,
                           std::string_view bytes) {
  support::HttpConnection connection(server.port());
  connection.send(bytes);
  const support::HttpResponse response = connection.read_response();
  EXPECT_EQ(response.status, status);
  EXPECT_EQ(response.header("content-type"), "application/problem+json");
  EXPECT_EQ(response.header("connection"), "close");
  EXPECT_EQ(response.header("access-control-allow-origin"), "*");
  EXPECT_EQ(response.header("x-worker"), "1");
  EXPECT_EQ(response.header("x-worker-pid"), std::to_string(worker));
  EXPECT_FALSE(response.header("date").empty());
  const auto problem = nlohmann::json::parse(response.body);
  EXPECT_EQ(problem["status"], status);
  EXPECT_FALSE(problem["title"].get<std::string>().empty());
  EXPECT_FALSE(problem["detail"].get<std::string>().empty());
  EXPECT_TRUE(connection.is_closed_by_peer());
}

/// The same as it is, and with `tail` behind it in the same packets.
inline void expect_refused(const support::ServerProcess& server, const Case& test,
                           const std::string& tail) {
  SCOPED_TRACE(printable(test.bytes));
  const pid_t worker = server.worker_pid(1);
  try {
    expect_refused(server, worker, test.status, test.bytes);
    expect_refused(server, worker, test.status, test.bytes + tail);
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  EXPECT_EQ(server.worker_pid(1), worker) << "the worker has died of it";
}

}  // namespace forkscope::http
