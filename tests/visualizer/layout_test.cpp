// The grid and the type scale: what can be said of a picture without drawing it.
#include "views/layout.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "views/theme.h"

namespace forkscope::views {
namespace {

struct Named {
  std::string_view name;
  Rect rect;
};

/// All that has an area.
std::vector<Named> shown(const Layout& layout) {
  std::vector<Named> all{{"top line", layout.top_line},
                         {"incidents", layout.incidents},
                         {"why", layout.why},
                         {"time", layout.time}};
  for (const PlacedPanel& placed : layout.panels) all.push_back({placed.panel->name, placed.rect});
  std::erase_if(all, [](const Named& panel) { return panel.rect.w <= 0 || panel.rect.h <= 0; });
  return all;
}

bool overlap(const Rect& a, const Rect& b) {
  constexpr float kSlack = 0.5F;
  return a.x + kSlack < b.right() && b.x + kSlack < a.right() && a.y + kSlack < b.bottom() &&
         b.y + kSlack < a.bottom();
}

/// All that the grid can be asked for.
std::vector<Contents> all_contents() {
  std::vector<Contents> all;
  for (const std::size_t workers : {0, 1, 4, 16, 17, 48, 49, 96, 256}) {
    for (const std::size_t strips : {1, 2, 3, 7}) {
      for (int open = 0; open < 16; ++open) {
        all.push_back({.strips = strips,
                       .workers = workers,
                       .why = (open & 1) != 0,
                       .lesson = (open & 2) != 0,
                       .presenter = (open & 4) != 0,
                       .comparison = (open & 8) != 0});
      }
    }
  }
  return all;
}

TEST(Layout, NothingOverlapsAndNothingLeavesTheWindow) {
  for (const ImVec2 size : {ImVec2{1600, 900}, ImVec2{1280, 720}, ImVec2{1024, 768},
                            ImVec2{800, 1200}, ImVec2{3840, 2160}, ImVec2{1600, 500}}) {
    Theme theme;
    for (const float scale : {0.5F, 1.F, 1.25F, 2.F}) {
      theme.unit = unit_of(size, scale);
      for (const Contents& contents : all_contents()) {
        const auto all = shown(compute_layout(size, theme, contents));
        for (std::size_t i = 0; i < all.size(); ++i) {
          const Rect& rect = all[i].rect;
          EXPECT_GE(rect.x, 0) << all[i].name;
          EXPECT_GE(rect.y, 0) << all[i].name;
          EXPECT_LE(rect.right(), size.x + 0.5F) << all[i].name;
          EXPECT_LE(rect.bottom(), size.y + 0.5F) << all[i].name;
          for (std::size_t j = i + 1; j < all.size(); ++j) {
            EXPECT_FALSE(overlap(rect, all[j].rect))
                << all[i].name << " and " << all[j].name << " at " << size.x << "x" << size.y
                << " scale " << scale << ", " << contents.workers << " workers";
          }
        }
      }
    }
  }
}

TEST(Layout, UpToSixteenWorkersHaveRowsThatHoldTheirNumbers) {
  const ImVec2 size{1600, 900};
  const Theme theme;
  for (const std::size_t workers : {1, 4, 8, 12, 16}) {
    for (const std::size_t strips : {1, 2, 3}) {
      const Layout layout = compute_layout(size, theme, {.strips = strips, .workers = workers});
      const float row = (layout.panel("WORKERS").h - 47) / static_cast<float>(workers) - 3;
      EXPECT_GE(row, 28.F) << workers << " workers, " << strips << " incidents";
    }
  }
}

TEST(Layout, APresenterHasNoButtons) {
  const Layout layout = compute_layout({1600, 900}, {}, {.workers = 4, .presenter = true});
  EXPECT_EQ(layout.panel("FIRE").h, 0);
  EXPECT_GT(layout.panel("WORKERS").h, 0);
  EXPECT_GT(layout.panel("WHO ANSWERED").h, 0);
}

// What the table of panels leaves to each of them to say rightly.
TEST(Layout, EveryPanelIsSomewhereShown) {
  for (const Panel& panel : panels()) {
    bool is_shown = false;
    for (const Contents& contents : all_contents()) {
      const Rect rect = compute_layout({1600, 900}, {}, contents).panel(panel.name);
      is_shown = is_shown || (rect.w >= 60 && rect.h >= 60);
    }
    EXPECT_TRUE(is_shown) << panel.name;
  }
}

// A graph of thirty seconds, and eight buttons; with less room they are not shown, and who is less
// needed gives way first.
TEST(Layout, WhatIsShownHasTheRoomThatItNeeds) {
  for (const ImVec2 size :
       {ImVec2{1280, 720}, ImVec2{1366, 768}, ImVec2{1920, 1080}, ImVec2{800, 600}}) {
    Theme theme;
    for (const float scale : {1.F, kPresenterScale}) {
      theme.unit = unit_of(size, scale);
      for (Contents contents : all_contents()) {
        contents.presenter = scale > 1;
        const Layout layout = compute_layout(size, theme, contents);
        const Rect& latency = layout.panel("LATENCY");
        EXPECT_TRUE(latency.h <= 0 || latency.w >= 330 * theme.unit)
            << latency.w << " at " << size.x;
        const Rect& fire = layout.panel("FIRE");
        EXPECT_TRUE(fire.h <= 0 || fire.h >= 166 * theme.unit) << fire.h << " at " << size.x;
        const Rect& events = layout.panel("EVENTS");
        EXPECT_TRUE(events.w <= 0 || events.w >= 340 * theme.unit) << events.w << " at " << size.x;
        EXPECT_GE(layout.panel("WORKERS").h, 110 * theme.unit)
            << size.x << ", " << contents.strips << " strips, why " << contents.why;
      }
    }
  }
}

TEST(Theme, TypeIsLargeEnoughForTheBackRow) {
  const auto share = [](Type type) { return kTypes[static_cast<std::size_t>(type)].size / 900; };
  for (const TypeSpec& type : kTypes) EXPECT_GE(type.size / 900, 0.02F);
  EXPECT_GE(share(Type::large), 0.033F);       // a worker's state
  EXPECT_GE(share(Type::large_bold), 0.033F);  // a worker's number
  EXPECT_GE(share(Type::banner), 0.05F);
}

TEST(Layout, ALessonHasRoomForItsWordsBelowThreeIncidents) {
  Theme theme;
  for (const bool presenter : {false, true}) {
    theme.unit = presenter ? kPresenterScale : 1;
    const Layout layout = compute_layout(
        {1600, 900}, theme, {.strips = 3, .workers = 4, .lesson = true, .presenter = presenter});
    EXPECT_GE(layout.panel("LESSON").h, 300 * theme.unit) << presenter;
  }
}

}  // namespace
}  // namespace forkscope::views
