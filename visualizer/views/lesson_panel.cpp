#include "views/lesson_panel.h"

#include <algorithm>
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

constexpr float kChoiceLeast = 38;
constexpr float kChoiceMargin = 10;  // above and below its words together
constexpr float kChoiceGap = 4;
constexpr float kChoiceText = 40;  // from its left edge; the mark stands there
constexpr float kTextGap = 4;
constexpr float kKey = 74;  // of the button below: the place of its key

bool is_right(const Page& page, std::size_t choice) {
  return page.answer && page.answer->right == choice;
}

bool matters(const Page& page, std::size_t choice) {
  return page.chosen == choice || is_right(page, choice);
}

Type question_type(const LessonLayout& layout) { return layout.large ? Type::body : Type::small; }

Type choice_type(const Page& page, const LessonLayout& layout, std::size_t choice) {
  if (!matters(page, choice)) return question_type(layout);
  return layout.large ? Type::body_bold : Type::small_bold;
}

/// The lower text: what is seen of it, or why it is so.
const std::string& below_of(const Page& page) {
  return page.step == Step::answer ? page.answer->because : page.progress;
}

Type below_type(const Page& page) { return page.answer ? Type::small : Type::small_bold; }

/// As much of what Esc and the arrows do as there is room for beside the button's words.
std::string_view hint_of(const Painter& painter, const Rect& row, const Page& page) {
  const float room = row.w - painter.px(kKey + 18) - painter.width(Type::small_bold, page.next);
  const bool guess = page.step == Step::predict && !page.choices.empty();
  for (const std::string_view hint : {"↑ ↓ guess   Esc leave", "↑ ↓ guess"}) {
    if (guess && painter.width(Type::small, hint) <= room) return hint;
  }
  constexpr std::string_view kLeave = "Esc leave";
  return painter.width(Type::small, kLeave) <= room ? kLeave : std::string_view();
}

/// A text of its own height, which may be more than there is.
Rect cut_text(const Painter& painter, Rect& inside, Type type, const std::string& text, float gap) {
  return inside.cut_top(painter.paragraph_height(type, inside.w, text), gap);
}

void place_choices(const Painter& painter, Rect& inside, const Page& page, bool all,
                   LessonLayout& layout) {
  layout.choices.assign(page.choices.size(), {});
  for (std::size_t i = 0; i < page.choices.size(); ++i) {
    if (!all && !matters(page, i)) continue;
    const float width = inside.w - painter.px(kChoiceText + 8);
    const float words =
        painter.paragraph_height(choice_type(page, layout, i), width, page.choices[i]);
    layout.choices[i] =
        inside.cut_top(std::max(painter.px(kChoiceLeast), words + painter.px(kChoiceMargin)),
                       painter.px(kChoiceGap));
  }
}

/// The figures, and why it is so, take the place of the question.
void place_texts(const Painter& painter, Rect inside, const Page& page, bool all,
                 LessonLayout& layout) {
  const float gap = painter.px(kTextGap);
  if (!page.answer) {
    layout.question = cut_text(painter, inside, question_type(layout), page.question, 2 * gap);
  }
  place_choices(painter, inside, page, all, layout);
  inside.cut_top(gap);
  if (page.answer) {
    layout.measured = cut_text(painter, inside, Type::small_bold, page.answer->measured, gap);
  }
  layout.below = inside;
}

/// Whether each text has the room that it takes.
bool is_whole(const Painter& painter, const Page& page, const LessonLayout& layout) {
  const auto fits = [&](Type type, const Rect& box, const std::string& text) {
    return painter.paragraph_height(type, box.w, text) <= box.h + 0.5F;
  };
  for (std::size_t i = 0; i < page.choices.size(); ++i) {
    Rect box = layout.choices[i];
    if (box.w <= 0) continue;  // left out, not cut
    box.cut_left(painter.px(kChoiceText));
    box.cut_right(painter.px(8));
    box.cut_top(painter.px(kChoiceMargin));
    if (!fits(choice_type(page, layout, i), box, page.choices[i])) return false;
  }
  const bool texts = page.answer ? fits(Type::small_bold, layout.measured, page.answer->measured)
                                 : fits(question_type(layout), layout.question, page.question);
  return texts && fits(below_type(page), layout.below, below_of(page)) &&
         painter.width(Type::body_bold, page.title) <= layout.title.w &&
         painter.width(Type::small_bold, page.next) + painter.px(kKey + 10) <= layout.next.w;
}

void draw_choice(const Painter& painter, const LessonLayout& layout, const View& view,
                 const Page& page, std::size_t index) {
  const Palette& colors = painter.colors();
  const Rect& row = layout.choices[index];
  const bool chosen = page.chosen == index;
  const bool right = is_right(page, index);
  painter.fill(row, right ? faded(colors.fresh, 0.28F) : colors.raised, painter.px(5));
  if (chosen) painter.outline(row, colors.text, painter.px(2), painter.px(5));
  const ImVec2 mark{row.x + painter.px(20), row.middle()};
  if (right) {  // once it is known, the right one has a green plus and a wrong guess a cross
    painter.shape(Shape::plus, mark, painter.px(9), colors.fresh, colors.fresh);
  } else if (page.answer && page.answer->is_measured && chosen) {
    painter.shape(Shape::cross, mark, painter.px(8), colors.dead, colors.dead_edge);
  } else {
    painter.shape(chosen ? Shape::disc : Shape::ring, mark, painter.px(8),
                  chosen ? colors.text : colors.muted, colors.muted);
  }
  Rect words = row;
  words.cut_left(painter.px(kChoiceText));
  words.cut_right(painter.px(8));
  const Type type = choice_type(page, layout, index);
  const float height =
      std::min(row.h, painter.paragraph_height(type, words.w, page.choices[index]));
  words = {words.x, row.middle() - height / 2, words.w, height};
  painter.paragraph(type, words, colors.text, page.choices[index]);
  const std::string id = "guess " + std::to_string(index);
  if (press_area(id.c_str(), row).clicked) view.commands.push_back({CommandKind::choose, index});
}

void draw_next(const Painter& painter, const Rect& row, const View& view, const Page& page) {
  const Palette& colors = painter.colors();
  const Press press = press_area("next step", row);
  painter.fill(row, page.can_go_on ? colors.raised : colors.panel, painter.px(6));
  if (page.can_go_on && press.hovered) {
    painter.outline(row, colors.muted, painter.px(1.5F), painter.px(6));
  }
  painter.key_cap(row.x + painter.px(38), row.middle(), "N",
                  page.can_go_on ? colors.text : colors.muted);
  const float right = row.right() - painter.px(10);
  const float end = painter.text_right(Type::small, right, row.middle(), colors.muted,
                                       hint_of(painter, row, page));
  const float x = row.x + painter.px(48);
  painter.text_elided(Type::small_bold, x, row.middle(), end - x,
                      page.can_go_on ? colors.text : colors.muted, page.next);
  if (press.clicked) view.commands.push_back({CommandKind::next_lesson_step});
}

}  // namespace

LessonLayout lay_out_lesson(const Painter& painter, const Rect& rect, const Page& page) {
  Rect inside = painter.panel_inside(rect);
  LessonLayout layout;
  layout.next = inside.cut_bottom(painter.px(38), painter.px(8));
  layout.steps = inside.cut_top(painter.px(28), painter.px(8));
  layout.title = inside.cut_top(painter.px(30), painter.px(4));
  const auto place = [&](bool all) {
    place_texts(painter, inside, page, all, layout);
    layout.whole = is_whole(painter, page, layout);
  };
  if (page.step == Step::predict) {
    layout.large = true;
    place(true);
    if (layout.whole) return layout;
    layout.large = false;
  }
  place(true);
  if (layout.whole || page.step == Step::predict) return layout;
  // Where there is too little room, the choices that nobody has made give way to the words.
  place(false);
  return layout;
}

void draw_lesson(const Painter& painter, const Rect& rect, const View& view) {
  if (!view.lesson) return;
  const Palette& colors = painter.colors();
  const Page& page = *view.lesson;
  painter.panel(rect,
                "LESSON " + std::to_string(page.number) + " of " + std::to_string(page.count));
  const LessonLayout layout = lay_out_lesson(painter, rect, page);
  draw_next(painter, layout.next, view, page);
  draw_steps(painter, layout.steps, page.step);
  const Rect& title = layout.title;
  painter.text_elided(Type::body_bold, title.x, title.middle(), title.w, colors.text, page.title);
  if (!page.answer) {
    painter.paragraph(question_type(layout), layout.question, colors.text, page.question);
  }
  for (std::size_t i = 0; i < page.choices.size(); ++i) {
    if (layout.choices[i].h > 0) draw_choice(painter, layout, view, page, i);
  }
  if (page.answer) {
    painter.paragraph(Type::small_bold, layout.measured, colors.text, page.answer->measured);
  }
  if (layout.below.h <= painter.px(16)) return;
  painter.paragraph(below_type(page), layout.below, page.answer ? colors.muted : colors.text,
                    below_of(page));
}

}  // namespace forkscope::views
