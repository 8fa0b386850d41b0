#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "options/options.h"

namespace forkscope::options {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Parsed parse_line(const About& about, std::vector<std::string> words) {
  words.insert(words.begin(), "a-server");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return parse(static_cast<int>(words.size()), argv.data(), about);
}

std::string help_of(const About& about) {
  ::testing::internal::CaptureStdout();
  const Parsed parsed = parse_line(about, {"--help"});
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_FALSE(parsed.settings);
  return ::testing::internal::GetCapturedStdout();
}

std::string refusal_of(const About& about, const std::string& word) {
  ::testing::internal::CaptureStderr();
  const Parsed parsed = parse_line(about, {word});
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_FALSE(parsed.settings);
  return ::testing::internal::GetCapturedStderr();
}

TEST(AboutTest, NamesTheDatabaseOrHasItNamedAfterTheServer) {
  EXPECT_THAT(help_of({}), AllOf(HasSubstr("--db "), HasSubstr("about_test.db")));
  EXPECT_THAT(parse_line({}, {}).settings->worker.database, ::testing::EndsWith("/about_test.db"));
  const About keeps{.database = "votes.db"};
  EXPECT_THAT(help_of(keeps), AllOf(HasSubstr("--db "), HasSubstr("votes.db")));
  EXPECT_THAT(parse_line(keeps, {}).settings->worker.database, ::testing::EndsWith("/votes.db"));
}

TEST(AboutTest, HasNoDatabaseWhereItKeepsNothing) {
  const About keeps_nothing{.database = ""};
  EXPECT_THAT(help_of(keeps_nothing), Not(HasSubstr("--db")));
  EXPECT_THAT(refusal_of(keeps_nothing, "--db=a.db"), HasSubstr("--db=a.db"));
  EXPECT_EQ(parse_line(keeps_nothing, {}).settings->worker.database, "");
}

TEST(AboutTest, BeginsTheHelpWithItsDescription) {
  EXPECT_THAT(help_of({.description = "A poll."}), StartsWith("A poll.\n"));
}

TEST(AboutTest, LeavesOutWhatMeansNothingToIt) {
  const About about{.without = {"--faults", "--kill-after"}};
  EXPECT_THAT(help_of(about), Not(HasSubstr("--faults")));
  EXPECT_THAT(refusal_of(about, "--faults=on"), HasSubstr("--faults"));
  EXPECT_TRUE(parse_line(about, {"--hang-after=9s"}).settings);
}

TEST(AboutTest, AddsItsOwn) {
  std::string colour = "red";
  const About about{.add_options = [&](CLI::App& app) {
    app.add_option("--colour", colour, "Of the lamp")->check(CLI::IsMember({"red", "green"}));
  }};
  EXPECT_THAT(help_of(about), HasSubstr("--colour"));
  EXPECT_TRUE(parse_line(about, {"--colour=green"}).settings);
  EXPECT_EQ(colour, "green");
  EXPECT_THAT(refusal_of(about, "--colour=blue"), HasSubstr("--colour"));
}

TEST(AboutTest, RefusesWhatCannotBeUsedOfTheEnvironment) {
  std::string colour;
  const About about{.add_options = [&](CLI::App& app) {
    app.add_option("--colour", colour)->envname("A_COLOUR")->check(CLI::IsMember({"green"}));
  }};
  ::setenv("A_COLOUR", "blue", 1);
  EXPECT_THAT(refusal_of(about, "--port=80"), HasSubstr("A_COLOUR=blue"));
  EXPECT_TRUE(parse_line(about, {"--colour=green"}).settings) << "which is not asked then";
  ::unsetenv("A_COLOUR");
}

TEST(AboutTest, IsRefusedWhereTheProgramContradictsTheServer) {
  const About twice{.add_options = [](CLI::App& app) { app.add_flag("--port"); }};
  EXPECT_THROW(parse_line(twice, {}), CLI::Error);
  EXPECT_THROW(parse_line({.without = {"--no-such-option"}}, {}), CLI::Error);
}

TEST(AboutTest, UnderstandsRunOnlyWhereMainObeysIt) {
  EXPECT_EQ(parse_line({}, {"run", "--", "node", "app.js"}).exit_code, 2);
  EXPECT_THAT(help_of({}), Not(HasSubstr(" run ")));
  const About obeys{.without = {"--faults"}, .runs_commands = true};
  EXPECT_THAT(help_of(obeys), HasSubstr(" run --help"));
  const Parsed parsed = parse_line(obeys, {"run", "--port=80", "--", "node", "app.js"});
  ASSERT_TRUE(parsed.settings && parsed.settings->program);
  EXPECT_EQ(parsed.settings->primary.port, 80);
}

TEST(AboutTest, SaysAmongHowManyWorkersMessagesGo) {
  EXPECT_EQ(parse_line({}, {"--workers=4"}).settings->worker.messages_among, 0U);
  const About talks{.messages = true};
  EXPECT_EQ(parse_line(talks, {"--workers=4"}).settings->worker.messages_among, 32U);
  EXPECT_EQ(parse_line(talks, {"--workers=100"}).settings->worker.messages_among, 200U);
}

}  // namespace
}  // namespace forkscope::options
