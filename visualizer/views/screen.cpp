#include "views/screen.h"

#include <algorithm>
#include <optional>

#include "views/help.h"
#include "views/incident_strip.h"
#include "views/layout.h"
#include "views/losses.h"
#include "views/notice.h"
#include "views/search_card.h"
#include "views/server_list.h"
#include "views/time_bar.h"
#include "views/top_line.h"
#include "views/why.h"
#include "views/widgets.h"

namespace forkscope::views {

namespace {

/// A panel that the grid has no room for is not drawn.
void draw_panel(const Painter& painter, const PlacedPanel& placed, const View& view) {
  const Rect& rect = placed.rect;
  if (rect.w < painter.px(60) || rect.h < painter.px(60)) return;
  painter.push_clip(rect);
  placed.panel->draw(painter, rect, view);
  painter.pop_clip();
}

}  // namespace

void draw_screen(const View& view, const Theme& theme, DrawingObserver* observer) {
  Pointed pointed{mouse()};
  const Painter painter = begin_full_screen(theme, pointed, observer);
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  const auto strips = incident_strips(view);
  const bool unfolds =
      unfolded_strip(view, strips, std::min(strips.size(), kMostStrips)).has_value();
  Contents contents{.strips = strips.size(),
                    .workers = view.now.workers.size(),
                    .why = unfolds,
                    .lesson = view.lesson.has_value(),
                    .presenter = view.state.presenter,
                    .replay = view.replay,
                    .comparison = view.comparison.is_shown()};
  Layout layout = compute_layout(size, theme, contents);
  const auto why = unfolded_strip(view, strips, shown_strips(painter, layout.incidents, strips));
  if (!why && unfolds) {  // its strip has no room, so nothing takes any for it
    contents.why = false;
    layout = compute_layout(size, theme, contents);
  }

  std::optional<std::size_t> server_under_mouse;
  if (view.state.servers) server_under_mouse = press_server_list(painter, size, view);
  const Rect notice = draw_top_line(painter, layout.top_line, view);
  if (view.now.attachment == picture::Attachment::searching) {
    draw_search_card(painter,
                     {layout.incidents.x, layout.incidents.y, layout.incidents.w,
                      layout.body.bottom() - layout.incidents.y},
                     view);
  } else {
    draw_incident_strips(painter, layout.incidents, view, strips);
    if (why && layout.why.h > 0) {
      draw_why(painter, layout.why, *strips[*why].incident, tone_of(view));
    }
    for (const PlacedPanel& placed : layout.panels) draw_panel(painter, placed, view);
    draw_time_bar(painter, layout.time, view);
  }
  if (view.paused) {  // paused must look paused
    painter.outline({0, 0, size.x, size.y}, theme.colors().slow, painter.px(6));
  }
  if (view.state.servers || view.state.losses) painter.cover();
  if (view.state.servers) draw_server_list(painter, size, view, server_under_mouse);
  if (view.state.losses) draw_losses(painter, size, view);
  if (view.state.help) draw_help(painter, size, view);
  draw_notice(painter, notice, view);
  if (!view.state.help && view.state.pointing) draw_explanation(painter, Pointed(pointed), size);
  end_full_screen();
}

}  // namespace forkscope::views
