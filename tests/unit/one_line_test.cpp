// What somebody else has written passes for one line and no more, and stays readable.
#include "supervisor/one_line.h"

#include <gtest/gtest.h>

#include <string>

namespace forkscope::supervisor {
namespace {

TEST(OneLine, LeavesTextAlone) {
  for (const std::string text :
       {"", "a line", "Größe 7 – 日本 🙂", "\\n \"quoted\" {json}"}) {
    EXPECT_EQ(one_line(text), text);
  }
}

TEST(OneLine, HasNoLineEnds) {
  EXPECT_EQ(one_line("a\nb\r\nc\td"), "a b  c d");
  EXPECT_EQ(one_line("a\u2028b\u2029c\u0085d"), "a?b?c?d");
}

TEST(OneLine, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(one_line("\x1b[31mred\x07"), "?[31mred?");
  EXPECT_EQ(one_line("\u009b31m"), "?31m") << "CSI as one character";
  EXPECT_EQ(one_line(std::string(2, '\0') + "\x7f"), "???");
}

TEST(OneLine, KeepsItsDirection) { EXPECT_EQ(one_line("a\u202eb\u2066c\u200fd"), "a?b?c?d"); }

TEST(OneLine, IsUtf8WhateverItWas) {
  EXPECT_EQ(one_line("\xff\xc3"), "??") << "a stray byte, and a character cut short";
  EXPECT_EQ(one_line("\xc0\xaf"), "??") << "overlong";
  EXPECT_EQ(one_line("\xe0\x80\xaf"), "???") << "overlong";
  EXPECT_EQ(one_line("\xed\xa0\x80"), "???") << "half a surrogate pair";
  EXPECT_EQ(one_line("\xf4\x90\x80\x80"), "????") << "beyond Unicode";
  EXPECT_EQ(one_line("\xe2\x82z"), "??z");
}

}  // namespace
}  // namespace forkscope::supervisor
