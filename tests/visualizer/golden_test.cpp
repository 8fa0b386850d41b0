// Golden images: the same recording, moment, size and font give the same picture.
//
// `tests/visualizer/retake-golden` takes them anew, after a change that is meant to be seen; look
// at each before you commit it. A picture that differs is written beside the expected one and a
// picture of the difference into build/<preset>/golden/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stb_image_write.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <ostream>

#include "picture.h"
#include "scenario.h"
#include "viewer.h"
#include "virtual_display.h"

namespace forkscope::visualizer_test {
namespace {

namespace fs = std::filesystem;

/// Drivers round the edges of shapes a little differently. A moved word is far beyond this.
constexpr double kTolerated = 0.002;  // of all pixels
constexpr int kSmallStep = 24;        // of 255, in any of a pixel's colours

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

bool nearly_equal(Color left, Color right) {
  for (const int shift : {0, 8, 16}) {
    const int step =
        static_cast<int>(left >> shift & 0xFF) - static_cast<int>(right >> shift & 0xFF);
    if (std::abs(step) > kSmallStep) return false;
  }
  return true;
}

/// Grey where both agree, red where they do not.
void write_difference(const Picture& actual, const Picture& expected, const fs::path& file) {
  std::vector<unsigned char> pixels;
  for (std::size_t i = 0; i < actual.pixels.size(); ++i) {
    const Color color = actual.pixels[i];
    const bool same = i < expected.pixels.size() && nearly_equal(color, expected.pixels[i]);
    const auto grey = static_cast<unsigned char>((color & 0xFF) / 3);
    pixels.insert(pixels.end(), {same ? grey : static_cast<unsigned char>(0xFF), grey, grey});
  }
  const int width = static_cast<int>(actual.width);
  stbi_write_png(file.c_str(), width, static_cast<int>(actual.height), 3, pixels.data(), 3 * width);
}

std::string name_of(const ::testing::TestParamInfo<Golden>& golden) {
  std::string name = golden.param.name;
  std::erase(name, '-');
  return name;
}

class GoldenImage : public ::testing::TestWithParam<Golden> {
 protected:
  /// Where the picture of the replay lies.
  fs::path take(const char* file) {
    const fs::path recording = directory_.path() / "scenario.rec";
    if (!fs::exists(recording)) {
      record_scenario(recording, GetParam().workers, GetParam().connections);
    }
    std::vector<std::string> arguments = GetParam().arguments;
    fs::path picture = directory_.path() / file;
    arguments.insert(arguments.end(), {"--replay=" + recording.string(), "--size=1280x720",
                                       "--screenshot=" + picture.string()});
    Command command = viewer_command(std::move(arguments), directory_.path());
    if (const char* scene = GetParam().scene) {
      command.line = {GOLDEN_SCENE, recording.string(), scene, picture.string()};
    }
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
    return picture;
  }

  /// Writes what differs beside it.
  static void expect_equal(const fs::path& picture, const fs::path& golden) {
    const Picture actual = read_png(picture);
    const Picture expected = read_png(golden);
    ASSERT_EQ(actual.width, expected.width);
    ASSERT_EQ(actual.height, expected.height);
    std::size_t different = 0;
    for (std::size_t i = 0; i < actual.pixels.size(); ++i) {
      if (!nearly_equal(actual.pixels[i], expected.pixels[i])) ++different;
    }
    const double part = static_cast<double>(different) / static_cast<double>(actual.pixels.size());
    if (part > kTolerated) {
      fs::create_directories(GOLDEN_DIFFERENCES);
      const std::string stem = std::string(GOLDEN_DIFFERENCES) + "/" + golden.stem().string();
      fs::copy_file(picture, stem + ".png", fs::copy_options::overwrite_existing);
      write_difference(actual, expected, stem + "-difference.png");
      ADD_FAILURE() << different << " pixels differ; see " << stem << "-difference.png";
    }
  }

  const support::TempDir directory_;
  const VirtualDisplay display_;
};

TEST_P(GoldenImage, IsWhatTheRecordingShows) {
  const fs::path picture = take("first.png");
  const fs::path golden = fs::path(GOLDEN_IMAGES) / (std::string(GetParam().name) + ".png");
  if (std::getenv("FORKSCOPE_RETAKE_GOLDEN") != nullptr) {
    fs::create_directories(golden.parent_path());
    fs::copy_file(picture, golden, fs::copy_options::overwrite_existing);
    GTEST_SKIP() << "taken anew: " << golden;
  }
  expect_equal(picture, golden);
}

INSTANTIATE_TEST_SUITE_P(Of, GoldenImage, ::testing::ValuesIn(goldens()), name_of);

class PoorScreen : public GoldenImage {};

TEST_P(PoorScreen, ShowsTheSameAndSaysWithWhat) {
  expect_equal(take("first.png"), fs::path(GOLDEN_IMAGES) / "hang.png");
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
