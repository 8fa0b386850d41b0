#include "text/key_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace forkscope::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> keys_of(KeyReader& reader, std::string_view bytes) {
  reader.add(bytes);
  std::vector<std::string> keys;
  for (std::string key = reader.next(); !key.empty(); key = reader.next()) keys.push_back(key);
  return keys;
}

std::vector<std::string> keys_of(std::string_view bytes) {
  KeyReader reader;
  return keys_of(reader, bytes);
}

TEST(KeyReader, EveryByteIsAKeyOutsideOfSequences) {
  EXPECT_THAT(keys_of("hc \x7f"), ElementsAre("h", "c", " ", "\x7f"));
  EXPECT_THAT(keys_of(""), IsEmpty());
}

TEST(KeyReader, ASequenceIsOneKeyFromEscToItsFinalByte) {
  EXPECT_THAT(keys_of("\x1b[H"), ElementsAre("\x1b[H"));
  EXPECT_THAT(keys_of("\x1b[1;5Ch"), ElementsAre("\x1b[1;5C", "h"));
  EXPECT_THAT(keys_of("\x1bOC\x1bOH"), ElementsAre("\x1bOC", "\x1bOH"));
  EXPECT_THAT(keys_of("\x1bO5C"), ElementsAre("\x1bO5C"));
  EXPECT_THAT(keys_of("\x1b[4~l"), ElementsAre("\x1b[4~", "l"));
  EXPECT_THAT(keys_of("\x1b[?1;2 cx"), ElementsAre("\x1b[?1;2 c", "x"));
}

TEST(KeyReader, F3OfTheLinuxConsoleIsOneKey) {
  EXPECT_THAT(keys_of("\x1b[[C"), ElementsAre("\x1b[[C"));
}

TEST(KeyReader, ASequenceMayComeInPieces) {
  for (const std::string_view sequence : {"\x1b[C", "\x1b[1;5C", "\x1bOH", "\x1b[[C"}) {
    for (std::size_t cut = 1; cut < sequence.size(); ++cut) {
      KeyReader reader;
      EXPECT_THAT(keys_of(reader, sequence.substr(0, cut)), IsEmpty()) << cut;
      EXPECT_THAT(keys_of(reader, sequence.substr(cut)), ElementsAre(sequence)) << cut;
    }
  }
}

TEST(KeyReader, AKeyWithAltHeldIsAnotherKey) {
  EXPECT_THAT(keys_of("\x1b"
                      "cq"),
              ElementsAre("\x1b"
                          "c",
                          "q"));
}

TEST(KeyReader, EscAloneSwallowsNoKeyThatFollows) {
  KeyReader reader;
  EXPECT_THAT(keys_of(reader, "\x1b"), IsEmpty());
  EXPECT_THAT(keys_of(reader, "q"), ElementsAre("q"));
  EXPECT_THAT(keys_of("\x1b\x1b[C"), ElementsAre("\x1b", "\x1b[C"));
}

TEST(KeyReader, WhatIsNoSequenceEndsWhereItBreaksOff) {
  EXPECT_THAT(keys_of("\x1b[1\x1b[C"), ElementsAre("\x1b[1", "\x1b[C"));
  KeyReader reader;
  EXPECT_THAT(keys_of(reader, "\x1b[" + std::string(100, '1')), testing::SizeIs(1));
  EXPECT_THAT(keys_of(reader, "q"), ElementsAre("q"));
}

}  // namespace
}  // namespace forkscope::text
