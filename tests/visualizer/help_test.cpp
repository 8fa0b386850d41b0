// `?` and what the pointer is told of: with the real fonts, but without a window.
#include "views/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <imgui.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "app/fonts.h"
#include "no_texture.h"
#include "views/event_log.h"
#include "views/top_line.h"
#include "views/widgets.h"
#include "views/worker_row.h"
#include "words/glossary.h"

namespace forkscope::views {
namespace {

using telemetry::WorkerState;
using testing::Contains;
using testing::IsSupersetOf;
using testing::Not;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kNow = 1'000 * kSecond;

struct Screen {
  float width;
  float height;
  float scale;
};

class HelpCard : public ::testing::TestWithParam<Screen> {
 protected:
  void SetUp() override {
    ImGui::CreateContext();
    const Screen& screen = GetParam();
    theme_.unit = std::min(screen.height / 900, screen.width / 1100) * screen.scale;
    app::load_fonts(theme_);
    ImGui::GetIO().Fonts->Build();
    ImDrawList nothing_is_drawn(ImGui::GetDrawListSharedData());
    layout_ = lay_out_help(Painter(nothing_is_drawn, theme_), {screen.width, screen.height});
  }
  void TearDown() override { ImGui::DestroyContext(); }

  Theme theme_;
  HelpLayout layout_;
};

TEST_P(HelpCard, HasEveryWordToItsEnd) {
  EXPECT_TRUE(layout_.whole);
  std::vector<std::string_view> shown;
  for (const HelpPage& page : layout_.pages) {
    for (const HelpRow& row : page.rows) shown.push_back(row.entry.sentence);
  }
  for (const words::Term& term : words::glossary()) {
    EXPECT_EQ(std::count(shown.begin(), shown.end(), term.sentence), 1) << term.word;
  }
  EXPECT_EQ(layout_.pages.front().title, "Keys");
  EXPECT_THAT(shown, Contains("close the window"));
}

TEST_P(HelpCard, HasAllKeysOnOnePageOfALargeScreen) {
  const auto keys = std::count_if(layout_.pages.begin(), layout_.pages.end(),
                                  [](const HelpPage& page) { return page.title == "Keys"; });
  const Screen& screen = GetParam();
  if (screen.scale == 1 && screen.width >= 1600) {
    EXPECT_EQ(keys, 1);
  }
}

TEST_P(HelpCard, NothingOverlapsAndNothingLeavesTheCard) {
  constexpr float kSlack = 0.5F;
  EXPECT_GE(layout_.card.x, 0);
  EXPECT_GE(layout_.card.y, 0);
  for (const HelpPage& page : layout_.pages) {
    ASSERT_FALSE(page.rows.empty());
    std::vector<Rect> all{layout_.head, layout_.foot};
    for (const HelpRow& row : page.rows) {
      all.push_back(row.word);
      all.push_back(row.text);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_LE(all[i].right(), layout_.card.right() + kSlack);
      EXPECT_LE(all[i].bottom(), layout_.card.bottom() + kSlack);
      for (std::size_t j = i + 1; j < all.size(); ++j) {
        EXPECT_FALSE(all[i].x + kSlack < all[j].right() && all[j].x + kSlack < all[i].right() &&
                     all[i].y + kSlack < all[j].bottom() && all[j].y + kSlack < all[i].bottom());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(At, HelpCard,
                         ::testing::Values(Screen{1600, 900, 1}, Screen{1280, 720, 1},
                                           Screen{1280, 720, kPresenterScale}, Screen{800, 600, 1},
                                           Screen{800, 600, kPresenterScale}, Screen{800, 1200, 1},
                                           Screen{3840, 2160, 1}, Screen{1600, 900, 2}));

/// A screen of a few workers, drawn without a backend, with the pointer on it.
class Pointer : public ::testing::Test {
 protected:
  void SetUp() override {
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    ImGui::GetIO().DisplaySize = {kWidth, kHeight};
    theme_.unit = kHeight / 900;
    app::load_fonts(theme_);
    ImGui::GetIO().Fonts->Build();
    picture_.attachment = picture::Attachment::live;
    picture_.time_ns = kNow;
    picture_.server.protection = telemetry::Protection::on;
    picture_.totals.p99_ms = 1.8;
    add(1, WorkerState::idle);
    add(2, WorkerState::hung).hang_kind = telemetry::HangKind::spin;
    add(3, WorkerState::draining);
  }
  void TearDown() override { ImGui::DestroyContext(); }

  telemetry::WorkerReport& add(std::uint32_t number, WorkerState state) {
    telemetry::WorkerReport worker;
    worker.number = number;
    worker.pid = 4700 + number;
    worker.generation = 2;
    worker.state = state;
    worker.uptime_ns = 60 * kSecond;
    worker.stuck_since_ns = kNow - kSecond;
    picture_.workers.push_back(worker);
    return picture_.workers.back();
  }

  /// Everything that is explained where the pointer passes on its way over `rect`.
  template <typename Draw>
  std::set<std::string> passed(const Rect& rect, const Draw& draw) {
    history::History history;
    history.add(picture_, {}, events_);
    const std::vector<history::Incident> incidents = history.incidents(kNow);
    std::vector<Command> commands;
    const picture::RunningServers servers;
    const View view{.history = history,
                    .now = history.at(kNow),
                    .calm = history.at(kNow),
                    .time_ns = kNow,
                    .calm_time_ns = kNow,
                    .paused = false,
                    .replay = false,
                    .incidents = incidents,
                    .state = state_,
                    .load = {},
                    .lesson = {},
                    .acts_on = {},
                    .servers = servers,
                    .latency_pixels = pixels_,
                    .commands = commands};
    std::set<std::string> words;
    ImGui::NewFrame();
    constexpr int kStep = 5;  // pixels; narrower than any word
    for (int y = 2; static_cast<float>(y) < rect.h; y += kStep) {
      for (int x = 1; static_cast<float>(x) < rect.w; x += kStep) {
        Pointed pointed{{rect.x + static_cast<float>(x), rect.y + static_cast<float>(y)}};
        draw(begin_full_screen(theme_, pointed), view);
        end_full_screen();
        if (pointed.term != nullptr) words.insert(std::string(pointed.term->word));
      }
    }
    ImGui::EndFrame();
    return words;
  }

  std::set<std::string> passed_on_row(std::size_t index) {
    const Rect row{0, 0, 900, 80};
    return passed(row, [&](const Painter& painter, const View& view) {
      const words::Sentence no_story;
      const words::Rates rates(view.now.workers);
      const words::Reasons reasons(view.history, view.time_ns, view.now, view.incidents);
      draw_worker_row(painter, row, view, view.now.workers[index],
                      {1, no_story, reasons, {}, rates, "00"});
    });
  }

  static constexpr float kWidth = 1280;
  static constexpr float kHeight = 720;
  Theme theme_;
  ViewState state_;
  picture::Snapshot picture_;
  std::vector<telemetry::EventRecord> events_;
  visualizer_test::NoTexture pixels_;
};

TEST_F(Pointer, IsToldOfEveryFigureOfTheTopLine) {
  const Rect line{0, 20, kWidth, 5};
  const auto draw = [](const Painter& painter, const View& view) {
    draw_top_line(painter, {0, 0, kWidth, 46}, view);
  };
  EXPECT_THAT(passed(line, draw), IsSupersetOf({"requests/s", "requests lost", "moved",
                                                "error answers", "p99", "waiting"}));
}

TEST_F(Pointer, IsToldOfWhatWorriesWhereThereIsNoRoomForAll) {
  constexpr float kNarrow = 800;
  const auto draw = [](const Painter& painter, const View& view) {
    draw_top_line(painter, {0, 0, kNarrow, 46}, view);
  };
  const Rect line{0, 20, kNarrow, 5};
  EXPECT_THAT(passed(line, draw), Not(Contains("error answers")));
  picture_.totals.errors = 12;
  EXPECT_THAT(passed(line, draw), Contains("error answers"));
}

TEST_F(Pointer, IsToldOfStatesMarksAndWhatStandsOnARow) {
  EXPECT_THAT(passed_on_row(0), IsSupersetOf({"idle", "pid", "gen", "core"}));
  EXPECT_THAT(passed_on_row(1), IsSupersetOf({"HUNG", "spin"}));
  EXPECT_THAT(passed_on_row(2), Contains("draining"));
}

TEST_F(Pointer, FindsNoWordOfTheFieldWhereAClassReadsPlainOnes) {
  state_.presenter = true;
  EXPECT_THAT(passed_on_row(0), Not(Contains("gen")));
  EXPECT_THAT(passed_on_row(1), Not(Contains("spin")));
}

TEST_F(Pointer, IsToldOfTheMarksOfEvents) {
  for (const auto kind : {telemetry::EventKind::moved, telemetry::EventKind::hung}) {
    telemetry::EventRecord event{};
    event.time_ns = kNow - kSecond;
    event.kind = static_cast<std::uint16_t>(kind);
    event.worker = 2;
    event.generation = 2;
    events_.push_back(event);
  }
  // The marks stand between the times and the words.
  const Rect log{0, 0, 500, 120};
  const auto passed_marks = passed({60, 0, 40, 120}, [&](const Painter& painter, const View& view) {
    draw_event_log(painter, log, view);
  });
  EXPECT_THAT(passed_marks, IsSupersetOf({"moved", "HUNG"}));
}

TEST_F(Pointer, IsNotToldOfWhatIsCoveredOrCutOff) {
  const Rect line{0, 0, 200, 20};
  const auto words_of = [&](bool covered, float clip) {
    return passed(line, [&](const Painter& painter, const View&) {
      painter.push_clip({0, 0, clip, 20});
      painter.text(Type::small, 0, 10, IM_COL32_WHITE, "ended by SIGABRT");
      painter.pop_clip();
      if (covered) painter.cover();
    });
  };
  EXPECT_THAT(words_of(false, 200), Contains("SIGABRT"));
  EXPECT_THAT(words_of(true, 200), Not(Contains("SIGABRT")));
  EXPECT_THAT(words_of(false, 40), Not(Contains("SIGABRT")));
}

TEST_F(Pointer, IsNotToldOfTheWordsOfAShell) {
  const auto words_of = [&](Type type) {
    return passed({0, 0, 200, 20}, [&](const Painter& painter, const View&) {
      painter.text(type, 0, 10, IM_COL32_WHITE, "kill -STOP 4711");
    });
  };
  EXPECT_THAT(words_of(Type::small), Contains("SIGKILL"));
  EXPECT_THAT(words_of(Type::mono), testing::IsEmpty());
}

}  // namespace
}  // namespace forkscope::views
