#include "views/lesson_panel.h"

#include <array>
#include <string>

#include "views/widgets.h"

namespace forkscope::views {

using lessons::Page;
using lessons::Step;

namespace {

constexpr std::array<const char*, lessons::kSteps> kSteps{"predict", "fire", "watch", "answer",
                                                          "reset"};

/// The five steps as a row of words, the present one on a plate.
void draw_steps(const Painter& painter, const Rect& row, Step step) {
  const Palette& colors = painter.colors();
  const float width = row.w / static_cast<float>(kSteps.size());
  for (std::size_t i = 0; i < kSteps.size(); ++i) {
    const Rect cell{row.x + width * static_cast<float>(i), row.y, width, row.h};
    const bool now = i == static_cast<std::size_t>(step);
    if (now) painter.fill(cell.inset(painter.px(1), 0), colors.busy, painter.px(4));
    painter.text_centered(now ? Type::small_bold : Type::small, cell,
                          now ? colors.on_alarm : colors.muted, kSteps[i]);
  }
}

constexpr float kChoice = 38;
constexpr float kChoiceGap = 4;
constexpr float kTextGap = 4;

enum class Shown { all, those_that_matter /* the right one and the guess */ };

float choices_height(const Painter& painter, const Page& page) {
  return painter.px(kChoice + kChoiceGap) * static_cast<float>(page.choices.size());
}

/// The guesses; once it is known, the right one has a green plus and a wrong guess a cross.
void draw_choices(const Painter& painter, Rect& inside, const View& view, const Page& page,
                  Shown shown) {
  const Palette& colors = painter.colors();
  const bool known = page.answer.has_value();
  for (std::size_t i = 0; i < page.choices.size(); ++i) {
    const bool chosen = page.chosen == i;
    const bool right = known && page.answer->right == i;
    if (shown == Shown::those_that_matter && !chosen && !right) continue;
    const Rect row = inside.cut_top(painter.px(kChoice), painter.px(kChoiceGap));
    painter.fill(row, right ? faded(colors.fresh, 0.28F) : colors.raised, painter.px(5));
    if (chosen) painter.outline(row, colors.text, painter.px(2), painter.px(5));
    const ImVec2 mark{row.x + painter.px(20), row.middle()};
    if (right) {
      painter.shape(Shape::plus, mark, painter.px(9), colors.fresh, colors.fresh);
    } else if (known && chosen) {
      painter.shape(Shape::cross, mark, painter.px(8), colors.dead, colors.dead_edge);
    } else {
      painter.shape(chosen ? Shape::disc : Shape::ring, mark, painter.px(8),
                    chosen ? colors.text : colors.muted, colors.muted);
    }
    const float x = row.x + painter.px(40);
    painter.text_elided(chosen || right ? Type::small_bold : Type::small, x, row.middle(),
                        row.right() - painter.px(8) - x, colors.text, page.choices[i]);
    const std::string id = "guess " + std::to_string(i);
    if (press_area(id.c_str(), row).clicked) {
      view.commands.push_back({CommandKind::choose, i});
    }
  }
}

void draw_next(const Painter& painter, const Rect& row, const View& view, const Page& page) {
  const Palette& colors = painter.colors();
  const Press press = press_area("next step", row);
  painter.fill(row, page.can_go_on ? colors.raised : colors.panel, painter.px(6));
  if (page.can_go_on && press.hovered) {
    painter.outline(row, colors.muted, painter.px(1.5F), painter.px(6));
  }
  const float cap = painter.key_cap(row.x + painter.px(38), row.middle(), "N",
                                    page.can_go_on ? colors.text : colors.muted);
  const float right = row.right() - painter.px(10);
  const std::string hint = page.step == Step::predict ? "↑ ↓ guess   Esc leave" : "Esc leave";
  const float hint_x = painter.text_right(Type::small, right, row.middle(), colors.muted, hint);
  const float x = cap + painter.px(36);
  painter.text_elided(Type::small_bold, x, row.middle(), hint_x - painter.px(8) - x,
                      page.can_go_on ? colors.text : colors.muted, page.next);
  if (press.clicked) view.commands.push_back({CommandKind::next_lesson_step});
}

/// The figures, and why it is so, take the place of the question. Rather a choice less that nobody
/// has made than words less.
void draw_answer(const Painter& painter, Rect inside, const View& view, const Page& page) {
  const Palette& colors = painter.colors();
  const std::string& measured = page.answer->measured;
  const std::string& below = page.step == Step::reset ? page.progress : page.answer->because;
  const float words = painter.paragraph_height(Type::small_bold, inside.w, measured) +
                      painter.paragraph_height(Type::small, inside.w, below) +
                      painter.px(2 * kTextGap);
  draw_choices(
      painter, inside, view, page,
      choices_height(painter, page) + words <= inside.h ? Shown::all : Shown::those_that_matter);
  inside.cut_top(painter.px(kTextGap));
  inside.cut_top(painter.paragraph(Type::small_bold, inside, colors.text, measured),
                 painter.px(kTextGap));
  if (inside.h > painter.px(16)) painter.paragraph(Type::small, inside, colors.muted, below);
}

/// The question, and from the moment when it is fired what is seen of it.
void draw_question(const Painter& painter, Rect inside, const View& view, const Page& page) {
  const Palette& colors = painter.colors();
  inside.cut_top(painter.paragraph(Type::small, inside, colors.text, page.question),
                 painter.px(2 * kTextGap));
  const float needed = choices_height(painter, page) + painter.px(kTextGap) +
                       painter.paragraph_height(Type::small_bold, inside.w, page.progress);
  const bool all = page.progress.empty() || needed <= inside.h;
  draw_choices(painter, inside, view, page, all ? Shown::all : Shown::those_that_matter);
  if (page.progress.empty()) return;
  inside.cut_top(painter.px(kTextGap));
  painter.paragraph(Type::small_bold, inside, colors.text, page.progress);
}

}  // namespace

void draw_lesson(const Painter& painter, const Rect& rect, const View& view) {
  if (!view.lesson) return;
  const Palette& colors = painter.colors();
  const Page& page = *view.lesson;
  Rect inside = painter.panel(
      rect, "LESSON " + std::to_string(page.number) + " of " + std::to_string(page.count));
  draw_next(painter, inside.cut_bottom(painter.px(38), painter.px(8)), view, page);
  draw_steps(painter, inside.cut_top(painter.px(28), painter.px(8)), page.step);
  const Rect title = inside.cut_top(painter.px(30), painter.px(4));
  painter.text_elided(Type::body_bold, title.x, title.middle(), title.w, colors.text, page.title);

  if (page.answer) return draw_answer(painter, inside, view, page);
  draw_question(painter, inside, view, page);
}

}  // namespace forkscope::views
