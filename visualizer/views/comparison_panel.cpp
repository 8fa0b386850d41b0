#include "views/comparison_panel.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "comparison/table.h"

namespace forkscope::views {

namespace {

constexpr float kRow = 30;
constexpr float kRowLeast = 21;
constexpr float kBetween = 26;  // of columns
/// What goes first where there is not room for all: by index of comparison::heads().
constexpr std::array<std::size_t, 5> kSpared{8, 3, 4, 1, 2};
constexpr std::size_t kWait = 6;
constexpr std::size_t kBroken = 7;

struct Column {
  std::size_t index;
  float width;
};

float width_of(const std::vector<Column>& columns, float between) {
  float sum = 0;
  for (const Column& column : columns) sum += column.width + between;
  return sum - between;
}

/// As many as there is room for.
std::vector<Column> columns_of(const Painter& painter, float room,
                               const std::vector<comparison::Cells>& lines) {
  std::vector<Column> columns;
  for (std::size_t index = 0; index < comparison::heads().size(); ++index) {
    float width = painter.width(Type::small, comparison::heads()[index]);
    for (const comparison::Cells& line : lines) {
      width = std::max(width, painter.width(Type::body_bold, line[index]));
    }
    columns.push_back({index, width});
  }
  for (const std::size_t spared : kSpared) {
    if (width_of(columns, painter.px(kBetween)) <= room) break;
    std::erase_if(columns, [spared](const Column& column) { return column.index == spared; });
  }
  return columns;
}

/// The first column begins at the left, the others end at their right.
void draw_cell(const Painter& painter, const Rect& cell, std::size_t index, Type type, ImU32 ink,
               const std::string& text) {
  if (index == 0) {
    painter.text(type, cell.x, cell.middle(), ink, text);
  } else {
    painter.text_right(type, cell.right(), cell.middle(), ink, text);
  }
}

}  // namespace

void draw_comparison(const Painter& painter, const Rect& rect, const View& view) {
  const Palette& colors = painter.colors();
  const auto rows = view.comparison.rows;
  const std::string& progress = view.comparison.progress;
  Rect inside = painter.panel(rect, "COMPARISON", progress.empty() ? "Esc closes it" : progress);
  std::vector<comparison::Cells> lines;
  lines.reserve(rows.size());
  for (const comparison::Row& row : rows) lines.push_back(comparison::cells(row));
  const std::vector<Column> columns = columns_of(painter, inside.w, lines);
  const float rest = inside.w - width_of(columns, 0);
  const auto gaps = static_cast<float>(std::max<std::size_t>(columns.size() - 1, 1));
  const float between = std::min(rest / gaps, painter.px(3 * kBetween));
  // The best of a column is set off by nothing: which one counts is the class's to say.
  // Where there is not room for all, the latest are shown.
  const auto room = static_cast<std::size_t>(inside.h / painter.px(kRowLeast));
  const std::size_t shown = std::min(rows.size(), room - std::min<std::size_t>(room, 1));
  const float height = std::min(painter.px(kRow), inside.h / static_cast<float>(shown + 1));
  const auto draw_line = [&](const auto& draw) {
    Rect line = inside.cut_top(height);
    for (const Column& column : columns) {
      draw(line.cut_left(column.width, between), column.index);
    }
  };
  draw_line([&](const Rect& cell, std::size_t index) {
    draw_cell(painter, cell, index, Type::small, colors.muted, comparison::heads()[index]);
  });
  for (std::size_t i = rows.size() - shown; i < rows.size(); ++i) {
    draw_line([&](const Rect& cell, std::size_t index) {
      const bool bad = (index == kWait && comparison::starves(rows[i])) ||
                       (index == kBroken && rows[i].broken > 0);
      const Type type = index == 0 || bad ? Type::body_bold : Type::body;
      draw_cell(painter, cell, index, type, bad ? colors.hung : colors.text, lines[i][index]);
    });
  }
}

}  // namespace forkscope::views
