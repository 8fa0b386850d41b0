// What golden images call different: a word, and a part of the picture; and not how an edge is
// rounded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "frame_texts.h"
#include "picture_difference.h"
#include "support/temp_dir.h"

namespace forkscope::visualizer_test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const FrameText kWord{977, 251, "small_bold", "#9DAAB6", "no requests now"};

FrameText with(const std::function<void(FrameText&)>& change) {
  FrameText text = kWord;
  change(text);
  return text;
}

TEST(DifferenceOfTexts, IsNothingWhereAllAreTheSame) {
  const FrameText other = with([](FrameText& text) { text.text = "2"; });
  EXPECT_EQ(difference_of({kWord, kWord, other}, {other, kWord, kWord}), "");
}

TEST(DifferenceOfTexts, NamesWhatIsExpectedAndWhatIsThere) {
  const FrameText changed = with([](FrameText& text) { text.text = "none answered now"; });
  EXPECT_EQ(difference_of({kWord}, {changed}),
            "-  977  251  small_bold  #9DAAB6    no requests now\n"
            "+  977  251  small_bold  #9DAAB6    none answered now\n");
}

TEST(DifferenceOfTexts, SeesATextThatIsMissingOrThereTwice) {
  EXPECT_THAT(difference_of({kWord, kWord}, {kWord}), HasSubstr("-  977"));
  EXPECT_THAT(difference_of({kWord}, {kWord, kWord}), HasSubstr("+  977"));
}

TEST(DifferenceOfTexts, SeesAnotherPlaceSizeAndColour) {
  for (const FrameText& other :
       {with([](FrameText& text) { ++text.x; }), with([](FrameText& text) { --text.y; }),
        with([](FrameText& text) { text.type = "small"; }),
        with([](FrameText& text) { text.color = "#9DAAB680"; })}) {
    EXPECT_NE(difference_of({kWord}, {other}), "") << other.color;
  }
}

TEST(FrameTexts, AreReadAsTheyWereWritten) {
  const support::TempDir directory;
  const auto file = directory.path() / "texts.txt";
  const std::vector<FrameText> texts{kWord, with([](FrameText& text) {
                                       text.x = -3;
                                       text.text = "in GET …/hang  twice";
                                     })};
  write_texts(texts, file);
  EXPECT_EQ(difference_of(texts, read_texts(file)), "");
}

Picture grey() { return {64, 64, std::vector<Color>(64 * 64, 0x808080)}; }

TEST(DifferentBlocks, SeeAThinBarThatIsMissing) {
  Picture bar = grey();
  std::fill_n(bar.pixels.begin() + 64 * 19, 2 * 64, kBusyBlue);  // two pixels high
  EXPECT_THAT(different_blocks(grey(), bar), SizeIs(64 / kBlock));
}

TEST(DifferentBlocks, SeeAnotherColour) {
  Picture blue = grey();
  for (Color& pixel : blue.pixels) pixel = 0x8080A0;
  EXPECT_THAT(different_blocks(grey(), blue), SizeIs(64 / kBlock * 64 / kBlock));
}

TEST(DifferentBlocks, DoNotSeeHowAnEdgeIsRounded) {
  Picture edge = grey();
  for (std::size_t y = 0; y < 64; ++y) edge.pixels[y * 64 + 20] = y % 2 == 0 ? 0xA0A0A0 : 0x606060;
  EXPECT_THAT(different_blocks(grey(), edge), IsEmpty());
}

}  // namespace
}  // namespace forkscope::visualizer_test
