#include "words/phrase.h"

#include <gtest/gtest.h>

namespace forkscope::words {
namespace {

const Sentence kReceipt{{PhraseKind::state, "hung 5.00 s"},
                        {PhraseKind::end, "SIGABRT"},
                        {PhraseKind::fact, "back after 38 ms"},
                        {PhraseKind::others, "others served 15,331"}};

/// Fits a line of so many characters.
auto up_to(std::size_t bytes) {
  return [bytes](const Sentence& shown) { return joined(shown, ", ").size() <= bytes; };
}

TEST(Phrases, JoinedTheyAreTheSentence) {
  EXPECT_EQ(joined(kReceipt), "hung 5.00 s · SIGABRT · back after 38 ms · others served 15,331");
  EXPECT_EQ(joined(kReceipt, ", "), "hung 5.00 s, SIGABRT, back after 38 ms, others served 15,331");
  EXPECT_EQ(joined({}), "");
}

TEST(Phrases, ASubjectComesBeforeTheState) {
  EXPECT_EQ(joined(about("WORKER 3", {{PhraseKind::state, "HUNG 4.2 s"}, {PhraseKind::fact, "a"}})),
            "WORKER 3 HUNG 4.2 s · a");
}

TEST(Phrases, AreLeftOutByKindWhateverTheySay) {
  EXPECT_EQ(joined(without(kReceipt, PhraseKind::end)),
            "hung 5.00 s · back after 38 ms · others served 15,331");
  const Sentence odd{{PhraseKind::state, "a · others"},
                     {PhraseKind::others, "b"},
                     {PhraseKind::fact, "c · SIGKILL"},
                     {PhraseKind::others, "d"}};
  EXPECT_EQ(joined(without(odd, PhraseKind::others)), "a · others · c · SIGKILL");
  EXPECT_EQ(joined(without(odd, PhraseKind::end)), joined(odd));
}

TEST(Phrases, TheLastOneGoesFirstWhereThereIsNoRoom) {
  EXPECT_EQ(joined(shortened(kReceipt, 1, up_to(100))), joined(kReceipt));
  EXPECT_EQ(joined(shortened(kReceipt, 1, up_to(50))), "hung 5.00 s · SIGABRT · back after 38 ms");
  EXPECT_EQ(joined(shortened(kReceipt, 1, up_to(20))), "hung 5.00 s · SIGABRT");
  EXPECT_EQ(joined(shortened(kReceipt, 1, up_to(12))), "hung 5.00 s");
}

TEST(Phrases, AsManyStayAsTheReaderWantsToCutHimself) {
  EXPECT_EQ(joined(shortened(kReceipt, 2, up_to(0))), "hung 5.00 s · SIGABRT");
  EXPECT_EQ(joined(shortened(kReceipt, 1, up_to(0))), "hung 5.00 s");
  EXPECT_TRUE(shortened(kReceipt, 0, [](const Sentence& shown) { return shown.empty(); }).empty());
  EXPECT_EQ(shortened({}, 1, up_to(0)).size(), 0U);
}

}  // namespace
}  // namespace forkscope::words
