#include "views/server_list.h"

#include <algorithm>
#include <string>

#include "views/widgets.h"
#include "words/format.h"

namespace forkscope::views {

namespace {

constexpr float kWidth = 760;
constexpr float kRow = 58;
constexpr float kHead = 64;
constexpr float kFoot = 44;
constexpr float kPadding = 28;

/// Where the parts of the card lie.
struct Card {
  Rect whole;
  Rect head;
  Rect rows;
  Rect foot;
  float row_height;

  Rect row(std::size_t index) const {
    return {rows.x, rows.y + row_height * static_cast<float>(index), rows.w, row_height};
  }
};

Card card_of(const Painter& painter, ImVec2 window, std::size_t servers) {
  const float pad = painter.px(kPadding);
  const float around = painter.px(kHead + kFoot) + 2 * pad;
  const auto count = static_cast<float>(std::max<std::size_t>(servers, 1));
  Card card{};
  card.row_height = std::min(painter.px(kRow), (window.y * 0.9F - around) / count);
  const float width = std::min(painter.px(kWidth), window.x - painter.px(24));
  const float height = around + card.row_height * count;
  card.whole = {(window.x - width) / 2, (window.y - height) / 2, width, height};
  card.rows = card.whole.inset(pad, pad);
  card.head = card.rows.cut_top(painter.px(kHead));
  card.foot = card.rows.cut_bottom(painter.px(kFoot));
  return card;
}

}  // namespace

float draw_server_chip(const Painter& painter, float x, const Rect& line, const View& view) {
  const std::uint16_t shown = view.now.server.port;
  const bool others =
      std::any_of(view.servers.begin(), view.servers.end(),
                  [](const picture::RunningServer& server) { return !server.shown; });
  if (!others) return x;
  const Palette& colors = painter.colors();
  const std::string text =
      shown != 0 ? "port " + std::to_string(shown) : words::counted(view.servers.size(), "server");
  const float width = painter.width(Type::body_bold, text) + painter.px(60);
  const Rect chip{x, line.y + painter.px(5), width, line.h - painter.px(10)};
  const Press press = press_area("servers", chip);
  painter.fill(chip, press.hovered ? colors.raised_hovered : colors.raised, painter.px(6));
  painter.text(Type::body_bold, chip.x + painter.px(12), chip.middle(), colors.text, text);
  painter.key_cap(chip.right() - painter.px(9), chip.middle(), "S", colors.muted);
  if (press.clicked) view.commands.push_back({CommandKind::toggle_servers});
  return chip.right();
}

std::optional<std::size_t> press_server_list(const Painter& painter, ImVec2 window,
                                             const View& view) {
  const Card card = card_of(painter, window, view.servers.size());
  std::optional<std::size_t> under_mouse;
  for (std::size_t i = 0; i < view.servers.size(); ++i) {
    const std::string id = "server " + std::to_string(i);
    const Press press = press_area(id.c_str(), card.row(i));
    if (press.hovered) under_mouse = i;
    if (press.clicked) view.commands.push_back({CommandKind::look_at, i});
  }
  press_area("card", card.whole);
  if (press_area("beside the card", {0, 0, window.x, window.y}).clicked) {
    view.commands.push_back({CommandKind::toggle_servers});
  }
  return under_mouse;
}

void draw_server_list(const Painter& painter, ImVec2 window, const View& view,
                      std::optional<std::size_t> under_mouse) {
  const Palette& colors = painter.colors();
  const Card card = card_of(painter, window, view.servers.size());
  painter.fill({0, 0, window.x, window.y}, faded(colors.background, 0.78F));
  painter.fill(card.whole, colors.panel, painter.px(10));
  painter.outline(card.whole, colors.line, painter.px(2), painter.px(10));
  painter.text(Type::large_bold, card.head.x, card.head.y + painter.px(16), colors.text,
               words::counted(view.servers.size(), "server") + " running here");
  for (std::size_t i = 0; i < view.servers.size(); ++i) {
    const Rect row = card.row(i).inset(0, painter.px(3));
    const picture::RunningServer& server = view.servers[i];
    const bool shown = server.shown;
    const bool pointed_at = server.endpoint.path == view.state.pointed_server;
    painter.fill(row, under_mouse == i ? colors.raised_hovered : colors.raised, painter.px(6));
    if (pointed_at) painter.outline(row, colors.text, painter.px(3), painter.px(6));
    painter.shape(shown ? Shape::disc : Shape::ring, {row.x + painter.px(28), row.middle()},
                  painter.px(9), shown ? colors.busy : colors.muted, colors.muted);
    Rect line = row.inset(painter.px(18), 0);
    if (shown) {
      const std::string_view now = "shown now";
      painter.text_right(Type::body, line.right(), line.middle(), colors.muted, now);
      line.w -= painter.width(Type::body, now) + painter.px(12);
    }
    line.cut_left(painter.px(38));
    painter.text_elided(Type::large_bold, line.x, line.middle(), line.w, colors.text, server.name);
  }
  const float middle = card.foot.bottom() - painter.px(12);
  painter.text(Type::small, card.foot.x, middle, colors.muted,
               "Click one, or ↑ ↓ and Enter. Esc closes the list.");
}

}  // namespace forkscope::views
