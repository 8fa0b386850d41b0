#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "options/options.h"

namespace forkscope::options {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Parsed parse_line(const Program& program, std::vector<std::string> words) {
  words.insert(words.begin(), "a-server");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return parse(static_cast<int>(words.size()), argv.data(), program);
}

std::string help_of(const Program& program) {
  ::testing::internal::CaptureStdout();
  const Parsed parsed = parse_line(program, {"--help"});
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_FALSE(parsed.settings);
  return ::testing::internal::GetCapturedStdout();
}

std::string refusal_of(const Program& program, const std::string& word) {
  ::testing::internal::CaptureStderr();
  const Parsed parsed = parse_line(program, {word});
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_FALSE(parsed.settings);
  return ::testing::internal::GetCapturedStderr();
}

TEST(ProgramOptions, HaveADatabaseOnlyWhereItNamesOne) {
  EXPECT_THAT(help_of({}), Not(HasSubstr("--db")));
  EXPECT_THAT(refusal_of({}, "--db=a.db"), HasSubstr("--db=a.db"));
  EXPECT_EQ(parse_line({}, {}).settings->worker.database, "");
  const Program keeps{.database = "votes.db"};
  EXPECT_THAT(help_of(keeps), HasSubstr("--db TEXT=votes.db"));
  EXPECT_THAT(parse_line(keeps, {}).settings->worker.database, ::testing::EndsWith("/votes.db"));
}

TEST(ProgramOptions, BeginTheHelpWithItsDescription) {
  EXPECT_THAT(help_of({.description = "A poll."}), StartsWith("A poll.\n"));
}

TEST(ProgramOptions, LeaveOutWhatMeansNothingToIt) {
  const Program program{.without = {"--faults", "--kill-after"}};
  EXPECT_THAT(help_of(program), Not(HasSubstr("--faults")));
  EXPECT_THAT(refusal_of(program, "--faults=on"), HasSubstr("--faults"));
  EXPECT_TRUE(parse_line(program, {"--hang-after=9s"}).settings);
}

TEST(ProgramOptions, AddItsOwn) {
  std::string colour = "red";
  const Program program{.add_options = [&](CLI::App& app) {
    app.add_option("--colour", colour, "Of the lamp")->check(CLI::IsMember({"red", "green"}));
  }};
  EXPECT_THAT(help_of(program), HasSubstr("--colour"));
  EXPECT_TRUE(parse_line(program, {"--colour=green"}).settings);
  EXPECT_EQ(colour, "green");
  EXPECT_THAT(refusal_of(program, "--colour=blue"), HasSubstr("--colour"));
}

TEST(ProgramOptions, AreRefusedWhereTheProgramContradictsTheServer) {
  const Program twice{.add_options = [](CLI::App& app) { app.add_flag("--port"); }};
  EXPECT_THROW(parse_line(twice, {}), CLI::Error);
  EXPECT_THROW(parse_line({.without = {"--no-such-option"}}, {}), CLI::Error);
}

TEST(ProgramOptions, SayAmongHowManyWorkersMessagesGo) {
  EXPECT_EQ(parse_line({}, {"--workers=4"}).settings->worker.messages_among, 0U);
  const Program talks{.messages = true};
  EXPECT_EQ(parse_line(talks, {"--workers=4"}).settings->worker.messages_among, 32U);
  EXPECT_EQ(parse_line(talks, {"--workers=100"}).settings->worker.messages_among, 200U);
}

}  // namespace
}  // namespace forkscope::options
