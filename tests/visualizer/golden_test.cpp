// Golden images: the same recording, moment, size and font give the same picture.
//
// Each is two files. NAME.txt has every text that is drawn, with its place, type and colour, and
// these are to be the same to the letter, in every version of Debian. NAME.png has the pixels, of
// which other versions of Dear ImGui, FreeType and Mesa draw some a little differently
// (picture_difference.h).
//
// `tests/visualizer/retake-golden` takes both anew, after a change that is meant to be seen; look
// at each before you commit it. A picture that differs, and one of the difference, are written into
// build/<preset>/golden/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <ostream>

#include "frame_texts.h"
#include "picture.h"
#include "picture_difference.h"
#include "scenario.h"
#include "viewer.h"
#include "virtual_display.h"

namespace forkscope::visualizer_test {
namespace {

namespace fs = std::filesystem;

struct Golden {
  const char* name;
  std::uint32_t workers;
  std::vector<std::string> arguments;
  const char* scene = nullptr;    ///< Drawn by golden_scene instead of a replay with `arguments`.
  const char* screen = nullptr;   ///< Of a poor one: a variable of poor_screen.cpp or Mesa, and …
  const char* what = nullptr;     ///< … its value,
  const char* remark = "";        ///< … and what it is said to be drawn with.
  std::uint32_t connections = 0;  ///< Of each worker, that move.
};

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.name; }

const std::vector<Golden>& goldens() {
  static const std::vector<Golden> all{
      {"idle", 4, {"--at=1s"}},
      {"hang", 4, {"--at=15.5s"}},
      {"receipt-light", 4, {"--at=19s", "--theme=light"}},
      {"crash-and-gap", 4, {"--at=30s"}},
      {"all-hung", 4, {"--at=36s"}},
      {"bigger", 4, {"--at=15.5s", "--scale=1.25"}},
      {"rows-16", 16, {"--at=15.5s"}},
      {"columns-48", 48, {"--at=11s"}},
      {"tiles-256", 256, {"--at=15.5s"}},
      {"why", 4, {}, "why"},
      {"presenter", 4, {}, "presenter"},
      {"lesson", 4, {}, "lesson"},
      {"presented-lesson", 4, {}, "presented-lesson"},
      {.name = "moves", .workers = 4, .arguments = {"--at=14.75s"}, .connections = 16},
      {.name = "moves-back-light",
       .workers = 4,
       .arguments = {"--at=17.95s", "--theme=light"},
       .connections = 16},
      {.name = "moves-96", .workers = 96, .arguments = {"--at=14.75s"}, .connections = 16},
      {.name = "presented-moves",
       .workers = 4,
       .arguments = {},
       .scene = "presented-moves",
       .connections = 16},
  };
  return all;
}

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string name_of(const ::testing::TestParamInfo<Golden>& golden) {
  std::string name = golden.param.name;
  std::erase(name, '-');
  return name;
}

class GoldenImage : public ::testing::TestWithParam<Golden> {
 protected:
  /// Where the picture lies that the visualizer takes of the replay.
  fs::path take(const char* file) {
    const fs::path picture = directory_.path() / file;
    run_viewer(viewer_command(options(picture), directory_.path()));
    return picture;
  }

  /// The same, or that of the scene; and the texts in it beside that, as .txt.
  fs::path take_with_texts() {
    const fs::path picture = directory_.path() / "picture.png";
    const fs::path texts = fs::path(picture).replace_extension("txt");
    Command command = viewer_command(options(picture), directory_.path());
    if (const char* scene = GetParam().scene) {
      command.line = {GOLDEN_SCENE, texts, scene, recording(), picture};
    } else {
      command.line[0] = GOLDEN_SCENE;
      command.line.insert(command.line.begin() + 1, texts);
    }
    run_viewer(std::move(command));
    return picture;
  }

  /// Writes what differs beside it.
  static void expect_same_pixels(const fs::path& picture, const fs::path& golden) {
    const Picture actual = read_png(picture);
    const Picture expected = read_png(golden);
    ASSERT_EQ(actual.width, expected.width);
    ASSERT_EQ(actual.height, expected.height);
    const auto blocks = different_blocks(actual, expected);
    if (blocks.empty()) return;
    fs::create_directories(GOLDEN_DIFFERENCES);
    const std::string stem = std::string(GOLDEN_DIFFERENCES) + "/" + golden.stem().string();
    fs::copy_file(picture, stem + ".png", fs::copy_options::overwrite_existing);
    write_difference(actual, blocks, stem + "-difference.png");
    ADD_FAILURE() << blocks.size() << " places differ; see " << stem << "-difference.png";
  }

 private:
  std::string recording() {
    const fs::path file = directory_.path() / "scenario.rec";
    if (!fs::exists(file)) record_scenario(file, GetParam().workers, GetParam().connections);
    return file;
  }

  std::vector<std::string> options(const fs::path& picture) {
    std::vector<std::string> all = GetParam().arguments;
    all.insert(all.end(),
               {"--replay=" + recording(), "--size=1280x720", "--screenshot=" + picture.string()});
    return all;
  }

  void run_viewer(Command command) {
    command.environment["DISPLAY"] = display_.name();
    command.environment["TZ"] = "America/New_York";  // must not matter
    if (GetParam().screen != nullptr) {
      std::optional<std::string>& preload = command.environment["LD_PRELOAD"];
      preload = POOR_SCREEN + (preload ? ':' + *preload : "");
      command.environment[GetParam().screen] = GetParam().what;
    }
    const Ending ending = run(command);
    EXPECT_EQ(ending.exit_code, 0) << ending.errors;
    EXPECT_THAT(ending.errors, testing::HasSubstr(GetParam().remark));
  }

  const support::TempDir directory_;
  const VirtualDisplay display_;
};

TEST_P(GoldenImage, IsWhatTheRecordingShows) {
  const fs::path picture = take_with_texts();
  const fs::path texts = fs::path(picture).replace_extension("txt");
  const std::string golden = std::string(GOLDEN_IMAGES) + "/" + GetParam().name;
  if (std::getenv("FORKSCOPE_RETAKE_GOLDEN") != nullptr) {
    fs::create_directories(GOLDEN_IMAGES);
    fs::copy_file(picture, golden + ".png", fs::copy_options::overwrite_existing);
    fs::copy_file(texts, golden + ".txt", fs::copy_options::overwrite_existing);
    GTEST_SKIP() << "taken anew: " << golden << ".png and .txt";
  }
  const std::string changed = difference_of(read_texts(golden + ".txt"), read_texts(texts));
  EXPECT_TRUE(changed.empty()) << "expected (-), and drawn instead (+):\n" << changed;
  expect_same_pixels(picture, golden + ".png");
}

INSTANTIATE_TEST_SUITE_P(Of, GoldenImage, ::testing::ValuesIn(goldens()), name_of);

class PoorScreen : public GoldenImage {};

TEST_P(PoorScreen, ShowsTheSameAndSaysWithWhat) {
  expect_same_pixels(take("first.png"), fs::path(GOLDEN_IMAGES) / "hang.png");
}

Golden hang_on(const char* screen, const char* what, const char* remark) {
  return {what, 4, {"--at=15.5s"}, nullptr, screen, what, remark};
}
INSTANTIATE_TEST_SUITE_P(
    With, PoorScreen,
    ::testing::Values(hang_on("MESA_GL_VERSION_OVERRIDE", "3.1", "drawn with OpenGL 3.1"),
                      hang_on("MESA_GL_VERSION_OVERRIDE", "2.1", "drawn with OpenGL 2.1"),
                      hang_on("NO_OPENGL", "desktop", "drawn with OpenGL ES 3"),
                      hang_on("NO_OPENGL", "hardware", "no OpenGL of the graphics card to be had")),
    [](const auto& golden) { return "Case" + std::to_string(golden.index); });

class Replay : public GoldenImage {};

TEST_P(Replay, IsTheSamePictureToTheByteEveryTime) {
  const std::string first = bytes_of(take("first.png"));
  ASSERT_FALSE(first.empty());
  EXPECT_TRUE(first == bytes_of(take("second.png")));
}

INSTANTIATE_TEST_SUITE_P(Of, Replay, ::testing::Values(goldens()[3], goldens()[8]), name_of);

}  // namespace
}  // namespace forkscope::visualizer_test
