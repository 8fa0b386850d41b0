#include "views/screen.h"

#include "views/answers.h"
#include "views/cores.h"
#include "views/event_log.h"
#include "views/fire.h"
#include "views/help.h"
#include "views/incident_strip.h"
#include "views/layout.h"
#include "views/notice.h"
#include "views/search_card.h"
#include "views/top_line.h"
#include "views/widgets.h"
#include "views/workers.h"

namespace forkscope::views {

void draw_screen(const View& view, const Theme& theme) {
  const Painter painter = begin_full_screen(theme);
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  const auto strips = incident_strips(view);
  const Layout layout = compute_layout(size, theme, strips.size(), view.now.workers.size());

  draw_top_line(painter, layout.top_line, view);
  if (view.now.attachment == model::Attachment::searching) {
    draw_search_card(painter,
                     {layout.incidents.x, layout.incidents.y, layout.incidents.w,
                      layout.body.bottom() - layout.incidents.y},
                     view);
  } else {
    draw_incident_strips(painter, layout.incidents, view, strips);
    draw_cores(painter, layout.cores, view);
    draw_workers(painter, layout.workers, view);
    draw_event_log(painter, layout.events, view);
    draw_answers(painter, layout.answers, view);
    draw_fire(painter, layout.fire, view);
  }
  if (view.state.paused_at_ns) {  // paused must look paused
    painter.outline({0, 0, size.x, size.y}, theme.colors().slow, painter.px(5));
  }
  if (view.state.help) draw_help(painter, size);
  draw_notice(painter, layout.notice, view);
  end_full_screen();
}

}  // namespace forkscope::views
