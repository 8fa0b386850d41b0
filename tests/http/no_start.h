// How a server refuses to start with a database that it cannot serve.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "support/server_process.h"

namespace forkscope::http {

/// That it ends with `exit_code`, and with one line with `reason` as the last.
inline void expect_no_start(const std::filesystem::path& directory, const std::string& database,
                            const std::string& reason, int exit_code) {
  using ::testing::HasSubstr;
  support::ServerProcess server({.workers = 2,
                                 .arguments = {"--db=" + database, "--boot-patience=0"},
                                 .directory = directory},
                                support::Readiness::kIgnore);
  EXPECT_EQ(server.wait_for_exit(std::chrono::seconds(20)), exit_code);
  const std::string log = server.log();
  const std::string mark = "todos-server: ";
  const auto last_line = log.rfind('\n', log.size() - 2) + 1;
  ASSERT_EQ(log.substr(last_line, mark.size()), mark) << log;
  std::string sentence = log.substr(last_line + mark.size());
  sentence.pop_back();  // the end of the line
  EXPECT_THAT(sentence, HasSubstr(reason));
  EXPECT_THAT(log, HasSubstr(" ended with exit code " + std::to_string(exit_code) + ": " +
                             sentence + ", pid"))
      << "the worker says it in full";
}

}  // namespace forkscope::http
