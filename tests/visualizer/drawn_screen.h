// A screen that is drawn without a window: the real views and fonts, and nothing that shows it.
#pragma once

#include <imgui.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "no_texture.h"
#include "pasts.h"
#include "picture/running_server.h"
#include "views/drawing_observer.h"
#include "views/view.h"
#include "views/widgets.h"

namespace forkscope::visualizer_test {

struct Screen {
  float width = 1600;  ///< Pixels.
  float height = 900;
  float scale = 1;  ///< The user's.
};

/// What is open, beside what happens.
struct Open {
  bool presenter = false;
  bool lesson = false;
  bool why = false;
  bool load = false;
  bool paused = false;
  bool replay = false;
  std::vector<comparison::Row> comparison = {};
  picture::Attachment attachment = picture::Attachment::live;
  views::ViewState state = {};  ///< Cards, and what is said.
  picture::RunningServers servers = {};
};

std::string name_of(const Open& open);

class DrawnScreen {
 public:
  DrawnScreen();
  ~DrawnScreen();
  DrawnScreen(const DrawnScreen&) = delete;
  DrawnScreen& operator=(const DrawnScreen&) = delete;

  /// From now on it is of that size.
  void fit(const Screen& screen, bool presenter);
  const views::Theme& theme() const { return theme_; }
  /// Draws that moment of `past` as a whole, with figures as long as they get.
  void draw(const Past& past, std::uint64_t after_ms, const Open& open,
            views::DrawingObserver& observer);
  /// Has `draw(painter, view)` draw a part of it.
  template <typename Draw>
  void draw_part(const Past& past, std::uint64_t after_ms, views::DrawingObserver& observer,
                 const Draw& draw) {
    const Frame frame(*this, past, after_ms, {});
    views::Pointed nowhere{{-1, -1}};
    const views::Painter painter = views::begin_full_screen(theme_, nowhere, &observer);
    draw(painter, frame.view);
    views::end_full_screen();
  }

 private:
  /// From Dear ImGui's new frame to its end; owns what the view borrows.
  struct Frame {
    Frame(DrawnScreen& screen, const Past& past, std::uint64_t after_ms, const Open& open);
    ~Frame();

    const picture::Snapshot now;
    const std::vector<history::Incident> incidents;
    const views::ViewState state;
    const picture::RunningServers servers;
    std::vector<views::Command> commands;
    const views::View view;
  };

  views::Theme theme_;
  NoTexture texture_;
};

}  // namespace forkscope::visualizer_test
