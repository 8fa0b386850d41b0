// Whether everything that is written on the screen can be read: at the sizes of projectors and
// notebooks, with few and with many workers, whatever is open and whatever has happened. Measured
// are the texts that were drawn, with the real fonts but without a window.
#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <sstream>
#include <string>

#include "drawn_screen.h"
#include "drawn_texts.h"
#include "views/panels.h"

namespace forkscope::visualizer_test {
namespace {

struct SomeScreen {
  Screen screen;
  bool thorough = false;  ///< Most sizes only differ in the pixels between them.
};
constexpr SomeScreen kScreens[] = {
    {{.width = 1280, .height = 720}, true},
    {{.width = 800, .height = 600}, true},
    {{.width = 1366, .height = 768}},
    {{.width = 1600, .height = 900}},
    {{.width = 1920, .height = 1080}},
    {{.width = 3840, .height = 2160}},
    {{.width = 3840, .height = 2160, .scale = 1.25F}},
};

constexpr const char* kLongNotice =
    "Load is off: the server is gone. Its clients saw: 15 broken, 1,234 failed, 12 closed at rest, "
    "5 refused.";

/// When something is to be seen in the scenario.
struct Moment {
  std::uint64_t after_ms;
  bool incident = true;
  bool load = false;
  bool paused = false;
  bool replay = false;
  bool full = false;  ///< Much is to be seen.
};
constexpr Moment kMoments[] = {
    {.after_ms = 1'000, .incident = false},            // all are idle
    {.after_ms = 12'700, .incident = false},           // one may be called hung soon
    {.after_ms = 16'300, .load = true, .full = true},  // it is; what moved has arrived
    {.after_ms = 20'000},                              // and is replaced
    {.after_ms = 26'500, .load = true, .paused = true, .full = true},  // two receipts
    {.after_ms = 30'000, .replay = true},              // a line; and what was not seen
    {.after_ms = 34'200, .load = true},                // one is hung, one will be
    {.after_ms = 36'000, .load = true, .full = true},  // four are
};

/// While connections move, plates that say so lie over some of the rest.
enum class Plates { none, fly };

class Legibility : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const auto& [what, found] : found_) {
      ADD_FAILURE() << what << "\n  in " << found.count << " pictures, as in " << found.first;
    }
  }

  /// Draws a moment and notes what is wrong with it.
  DrawnTexts draw(const Past& past, std::uint64_t after_ms, const Open& open,
                  Plates plates = Plates::none) {
    const ImVec2 size = ImGui::GetIO().DisplaySize;
    DrawnTexts drawn(size, screen_.theme());
    screen_.draw(past, after_ms, open, drawn);
    std::ostringstream name;
    name << size.x << "x" << size.y << ", " << past.history.latest().workers.size()
         << " workers after " << after_ms << " ms," << name_of(open);
    picture_ = name.str();
    for (const Fault& fault : drawn.faults()) {
      if (plates == Plates::fly && fault.what != "is cut") continue;
      std::ostringstream where;
      where << " (" << fault.where.x << ", " << fault.where.y << ", " << fault.where.w << " x "
            << fault.where.h << ")";
      note('"' + fault.text + "\" " + fault.what +
               (fault.other.empty() ? "" : " \"" + fault.other + '"'),
           where.str());
    }
    return drawn;
  }

  /// What is needed, however little room there is.
  void expect_what_matters(const DrawnTexts& drawn, std::uint32_t workers, const Open& open) {
    const auto need = [&](bool there, const std::string& what) {
      if (!there) note(what + " is missing", "");
    };
    need(drawn.has_part(open.paused   ? "PAUSED"
                        : open.replay ? "REPLAY"
                                      : "LIVE, REC"),
         "how the time stands");
    need(drawn.has("WORKERS"), "WORKERS");
    need(drawn.has_part(open.lesson ? "LESSON 1 of" : "WHO ANSWERED"), "the right column");
    // Of very many, those that are unwell have to be named.
    const bool all = workers <= views::kMostInColumns;
    for (std::uint32_t number = 1; number <= workers; ++number) {
      const bool unwell = drawn.has_part("WORKER " + std::to_string(number) + " HUNG");
      if (all || unwell) need(drawn.has(std::to_string(number)), "a worker's number");
    }
  }

  void note(const std::string& what, const std::string& where) {
    Found& found = found_[without_figures(what)];
    if (found.count++ == 0) found.first = picture_ + where;
  }

  /// So that what is wrong with each worker is told once.
  static std::string without_figures(const std::string& text) {
    std::string kept;
    for (const char c : text) {
      const bool figure = std::isdigit(static_cast<unsigned char>(c)) != 0;
      if (!figure || kept.empty() || kept.back() != '0') kept += figure ? '0' : c;
    }
    return kept;
  }

  struct Found {
    std::size_t count = 0;
    std::string first;
  };

  DrawnScreen screen_;
  std::string picture_;  // the latest one's name
  std::map<std::string, Found> found_;
};

TEST_F(Legibility, OfEverythingThatHappens) {
  for (const auto& [screen, thorough] : kScreens) {
    for (const bool presenter : {false, true}) {
      screen_.fit(screen, presenter);
      for (const std::uint32_t workers : {1U, 4U, 16U, 48U, 256U}) {
        for (const Moment& moment : kMoments) {
          for (const bool lesson : {false, true}) {
            for (const bool why : {false, true}) {
              if (why && !moment.incident) continue;
              const bool seldom = !moment.full || workers == 1 || workers == 16 || lesson != why;
              if (!thorough && seldom) continue;
              Open open{.presenter = presenter, .lesson = lesson, .why = why};
              open.load = moment.load;
              open.paused = moment.paused;
              open.replay = moment.replay && !lesson;
              expect_what_matters(draw(Past::of_scenario(workers), moment.after_ms, open), workers,
                                  open);
            }
          }
        }
      }
    }
  }
}

TEST_F(Legibility, OfTheEndOfARecording) {
  const Past& past = Past::of_scenario(4);
  const std::uint64_t end_ms = (past.history.newest_ns() - past.start_ns) / 1'000'000 + 1;
  for (const auto& [screen, thorough] : kScreens) {
    for (const bool presenter : {false, true}) {
      screen_.fit(screen, presenter);
      const DrawnTexts before = draw(past, end_ms - 100, {.presenter = presenter, .replay = true});
      EXPECT_TRUE(before.has("REPLAY") && before.has("Space: pause")) << picture_;
      const DrawnTexts over = draw(past, end_ms, {.presenter = presenter, .replay = true});
      EXPECT_TRUE(over.has("REPLAY ENDED") && over.has("Space: again")) << picture_;
    }
  }
}

TEST_F(Legibility, OfAProgramThatTellsNothing) {
  for (const auto& [screen, thorough] : kScreens) {
    for (const bool presenter : {false, true}) {
      screen_.fit(screen, presenter);
      const DrawnTexts drawn = draw(Past::of_silence(4), 1'900, {.presenter = presenter});
      EXPECT_TRUE(drawn.has("requests unknown")) << picture_;
      // Below the fan, as long as there is room.
      EXPECT_TRUE(presenter || screen.scale > 1 ||
                  drawn.has("This program does not tell its requests."))
          << picture_;
      EXPECT_FALSE(drawn.has("0/s") || drawn.has("no requests now") || drawn.has("No request yet."))
          << picture_;
    }
  }
}

TEST_F(Legibility, OfTroubleWithLongNames) {
  for (const auto& [screen, thorough] : kScreens) {
    for (const bool presenter : {false, true}) {
      screen_.fit(screen, presenter);
      for (const std::uint32_t workers : {6U, 96U}) {
        const Past& past = Past::of_trouble(workers);
        Open open{.presenter = presenter, .why = true, .load = true};
        open.state.theme = views::ThemeKind::light;
        draw(past, 3'500, open);
        draw(past, 3'500, {.presenter = presenter, .lesson = true});
      }
    }
  }
}

TEST_F(Legibility, OfWhatIsSaidOfMoves) {
  for (const auto& [screen, thorough] : kScreens) {
    for (const bool presenter : {false, true}) {
      screen_.fit(screen, presenter);
      for (const std::uint32_t workers : {4U, 16U, 96U}) {
        for (const std::uint64_t after_ms : {14'750U, 17'950U, 22'500U}) {
          draw(Past::of_scenario(workers), after_ms, {.presenter = presenter}, Plates::fly);
        }
      }
    }
  }
}

/// With figures as long as they get.
std::vector<comparison::Row> comparison_of(std::size_t ways, std::uint32_t workers) {
  std::vector<comparison::Row> rows;
  for (std::size_t way = 1; way <= ways; ++way) {
    rows.push_back({.balance = static_cast<telemetry::BalancePolicy>(way),
                    .by_worker = std::vector<std::uint64_t>(workers, 25),
                    .even_p50_ns = 123'000'000,
                    .even_p99_ns = 1'230'000'000,
                    .uneven_p99_ns = 12'300'000'000,
                    .longest_wait_ns = 32'100'000'000,
                    .hang_ns = 5'000'000'000,
                    .broken = 1'234,
                    .cpu_ns = 123'456});
  }
  return rows;
}

TEST_F(Legibility, OfTheComparison) {
  for (const auto& [screen, thorough] : kScreens) {
    for (const bool presenter : {false, true}) {
      screen_.fit(screen, presenter);
      for (const std::uint32_t workers : {1U, 4U, 8U, 16U, 48U, 256U}) {
        for (const bool lesson : {false, true}) {
          for (const std::size_t ways : {1U, 6U}) {
            Open open{.presenter = presenter, .lesson = lesson};
            open.comparison = comparison_of(ways, workers);
            const DrawnTexts& drawn = draw(Past::of_scenario(workers), 17'000, open);
            if (!drawn.has("COMPARISON")) continue;
            EXPECT_TRUE(drawn.has("wait in a hang"));
            EXPECT_EQ(drawn.has("random"), ways == 6);  // the latest one, however little room
          }
        }
      }
    }
  }
}

TEST_F(Legibility, OfCardsAndNotices) {
  picture::RunningServers servers;
  for (int i = 0; i < 8; ++i) {
    servers.push_back({{}, "port 800" + std::to_string(i) + ", 127.0.0.2, pid 4194303", i == 3});
  }
  for (const auto& [screen, thorough] : kScreens) {
    for (const bool presenter : {false, true}) {
      screen_.fit(screen, presenter);
      Open open{.presenter = presenter, .servers = servers};
      draw(Past::of_scenario(4), 36'000, open);
      open.state.servers = true;
      EXPECT_TRUE(draw(Past::of_scenario(4), 36'000, open).has_part("port 8007"));
      open.state.help = true;
      EXPECT_TRUE(draw(Past::of_scenario(4), 36'000, open).has("Shift H"));
      open.state = {};
      for (const auto attachment : {picture::Attachment::searching, picture::Attachment::lost}) {
        open.attachment = attachment;
        draw(Past::of_scenario(4), 36'000, open);
      }
      open.attachment = picture::Attachment::live;
      open.state.losses = true;
      draw(Past::of_scenario(4), 36'000, open);
      open.state = {};
      open.state.notice = "Marked.";
      EXPECT_TRUE(draw(Past::of_scenario(4), 36'000, open).has("Marked."));
      open.state.notice = kLongNotice;
      EXPECT_TRUE(draw(Past::of_scenario(4), 1'000, open).has_part("Load is off"));
    }
  }
}

}  // namespace
}  // namespace forkscope::visualizer_test
