#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "text/help.h"
#include "text/line.h"
#include "words/glossary.h"

namespace forkscope::text {
namespace {

using testing::HasSubstr;

/// All screens as one text, as it reads: with single blanks.
std::string all_of(TableSize size) {
  std::string text;
  for (std::size_t screen = 0; screen < help_screens(size); ++screen) {
    for (const std::string& line : help(size, screen, Colors::none)) text += line + ' ';
  }
  return std::regex_replace(text, std::regex(" +"), " ");
}

TEST(TextHelp, HasEveryWordToItsEndAtEverySize) {
  for (const TableSize size : {TableSize{80, 24}, TableSize{60, 10}, TableSize{200, 60}}) {
    const std::string text = all_of(size);
    for (const words::Term& term : words::glossary()) {
      std::string entry(term.word);
      if (!term.plain.empty()) entry.append(" ").append(term.plain);
      entry.append(" ").append(term.sentence);
      EXPECT_THAT(text, HasSubstr(entry)) << size.columns;
    }
    EXPECT_THAT(text, HasSubstr("h hang: one request that never returns"));
    EXPECT_THAT(text, HasSubstr("◐ draining asked to stop"));
  }
}

TEST(TextHelp, IsExactlyAsLargeAsTheTerminal) {
  for (const TableSize size :
       {TableSize{80, 24}, TableSize{20, 5}, TableSize{5, 2}, TableSize{80, 1}, TableSize{80, 0}}) {
    for (std::size_t screen = 0; screen < help_screens(size); ++screen) {
      const auto lines = help(size, screen, Colors::none);
      ASSERT_EQ(lines.size(), size.rows);
      for (const std::string& line : lines) EXPECT_LE(columns_of(line), size.columns) << line;
    }
  }
}

TEST(TextHelp, TheFirstScreenFollowsTheLast) {
  const TableSize size{80, 24};
  const std::size_t count = help_screens(size);
  EXPECT_GT(count, 4U);
  EXPECT_EQ(help(size, count, Colors::mono), help(size, 0, Colors::mono));
  EXPECT_THAT(help(size, 1, Colors::none).back(),
              HasSubstr("2 of " + std::to_string(count) + "   Space → next  ← back  ? close"));
}

}  // namespace
}  // namespace forkscope::text
