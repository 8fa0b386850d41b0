#include "text/charset.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>

#include "text/line.h"
#include "words/look.h"
#include "words/phrase.h"

namespace forkscope::text {
namespace {

class CharsetTest : public ::testing::Test {
 protected:
  CharsetTest() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG", "TERM"}) ::unsetenv(name);
  }
  static bool is_utf8(Reader reader) { return charset_of_environment(reader) == Charset::utf8; }
};

TEST_F(CharsetTest, IsThatOfTheFirstVariableThatSaysSomething) {
  EXPECT_FALSE(is_utf8(Reader::program));
  ::setenv("LANG", "de_DE.UTF-8", 1);
  EXPECT_TRUE(is_utf8(Reader::program));
  ::setenv("LC_CTYPE", "de_DE@euro", 1);
  EXPECT_FALSE(is_utf8(Reader::program));
  ::setenv("LC_ALL", "C.utf8", 1);
  EXPECT_TRUE(is_utf8(Reader::program));
  ::setenv("LC_ALL", "", 1);
  EXPECT_FALSE(is_utf8(Reader::program));
}

TEST_F(CharsetTest, OfATerminalAlsoDependsOnItsKind) {
  ::setenv("LANG", "C.UTF-8", 1);
  for (const char* term : {"xterm-256color", "tmux", "screen"}) {
    ::setenv("TERM", term, 1);
    EXPECT_TRUE(is_utf8(Reader::terminal)) << term;
  }
  for (const char* term : {"vt100", "vt220", "vt320", "linux"}) {
    ::setenv("TERM", term, 1);
    EXPECT_FALSE(is_utf8(Reader::terminal)) << term;
    EXPECT_TRUE(is_utf8(Reader::program)) << term;
  }
}

TEST(InCharset, TellsTheShapesApartAndIsAsWide) {
  std::string shapes;
  for (int look = 0; look <= static_cast<int>(words::Look::unknown); ++look) {
    shapes += words::shape(static_cast<words::Look>(look));
  }
  EXPECT_EQ(in_charset(shapes, Charset::ascii), "o@*^++(##XX?");
  std::string blocks;
  for (int eighths = 0; eighths <= 8; ++eighths) blocks += block(eighths / 8.0);
  EXPECT_EQ(in_charset(blocks, Charset::ascii), " .:-=+*%@");
  EXPECT_EQ(in_charset("12 µs · died 3×", Charset::ascii), "12 us - died 3x");
  EXPECT_EQ(in_charset(words::kBetween, Charset::ascii), " - ");
  EXPECT_EQ(in_charset("π", Charset::ascii), "?");
  EXPECT_EQ(in_charset("\xE2 \x80", Charset::ascii), "? ");  // no UTF-8 at all
  EXPECT_EQ(in_charset("µ", Charset::utf8), "µ");
}

}  // namespace
}  // namespace forkscope::text
