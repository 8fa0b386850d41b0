#include "views/losses.h"

#include <algorithm>
#include <string>
#include <vector>

#include "words/format.h"
#include "words/losses.h"

namespace forkscope::views {

namespace {

constexpr std::size_t kMostRows = 9;
constexpr float kWidth = 820;
constexpr float kRow = 36;
constexpr float kPadding = 28;

struct Row {
  std::string when;
  std::string what;
  std::uint64_t requests = 0;
};

/// "worker 3 ended: SIGABRT", "worker 3: broken off"
std::string ended_text(const words::Loss& loss, words::Tone tone) {
  return "worker " + std::to_string(loss.worker) +
         (tone == words::Tone::exact ? " ended: " : ": ") +
         words::end_text(loss.exit_cause, loss.exit_code, tone);
}

/// The newest deaths, and the others in a row; together they are the total.
std::vector<Row> rows_of(const words::Losses& losses, const View& view) {
  std::vector<Row> rows;
  std::uint64_t rest = losses.total;
  for (const words::Loss& loss : losses.known) {
    if (rows.size() == kMostRows) break;
    rows.push_back({words::clock_time(loss.wall_clock_ns, view.history.zone()),
                    ended_text(loss, tone_of(view)), loss.requests});
    rest -= loss.requests;
  }
  if (rest > 0) rows.push_back({"earlier", "with other workers", rest});
  return rows;
}

void draw_row(const Painter& painter, const Rect& line, Type type, const Row& row) {
  const Palette& colors = painter.colors();
  const std::string requests = words::grouped(row.requests);
  painter.text_right(Type::body_bold, line.right(), line.middle(), colors.text, requests);
  painter.text(Type::body, line.x, line.middle(), colors.muted, row.when);
  const float x = line.x + painter.px(120);
  const float end = line.right() - painter.width(Type::body_bold, requests) - painter.px(20);
  painter.text_elided(type, x, line.middle(), end - x, colors.text, row.what);
}

}  // namespace

void draw_losses(const Painter& painter, ImVec2 window, const View& view) {
  const Palette& colors = painter.colors();
  const words::Losses losses = words::losses_at(view.history, view.calm_time_ns);
  const std::vector<Row> rows = rows_of(losses, view);
  const std::string meaning =
      "A request is lost when its worker dies before it is answered: its connection breaks. An "
      "error "
      "answer is an answer, with a status of 500 or above; there were " +
      words::grouped(view.calm.totals.errors) + ", and none of them is counted here.";

  const float pad = painter.px(kPadding);
  const float width = std::min(painter.px(kWidth), window.x - painter.px(24));
  const float words_height = painter.paragraph_height(Type::small, width - 2 * pad, meaning);
  const float lines = static_cast<float>(rows.size()) + 1;
  const float fixed = 2 * pad + painter.px(50) + words_height + painter.px(12);
  const float row_height = std::min(painter.px(kRow), (window.y * 0.95F - fixed) / lines);
  const float height = fixed + row_height * lines;
  const Rect card{(window.x - width) / 2, (window.y - height) / 2, width, height};
  painter.fill({0, 0, window.x, window.y}, faded(colors.background, 0.78F));
  painter.fill(card, colors.panel, painter.px(10));
  painter.outline(card, colors.line, painter.px(2), painter.px(10));

  Rect inside = card.inset(pad);
  const Rect head = inside.cut_top(painter.px(50));
  painter.text(Type::large_bold, head.x, head.y + painter.px(16), colors.text, "Requests lost");
  painter.text_right(Type::small, head.right(), head.y + painter.px(16), colors.muted,
                     "X or Esc closes this card");
  painter.paragraph(Type::small, inside.cut_top(words_height, painter.px(12)), colors.muted,
                    meaning);
  for (const Row& row : rows) draw_row(painter, inside.cut_top(row_height), Type::body, row);
  painter.line({inside.x, inside.y}, {inside.right(), inside.y}, colors.line, painter.px(2));
  draw_row(painter, inside.cut_top(row_height), Type::body_bold,
           {"", "together, since the server has started", losses.total});
}

}  // namespace forkscope::views
