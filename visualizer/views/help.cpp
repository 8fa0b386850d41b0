#include "views/help.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "forkscope/telemetry/event_kinds.h"
#include "views/mark.h"
#include "views/widgets.h"
#include "words/glossary.h"

namespace forkscope::views {

namespace {

constexpr float kCardWidth = 1330;
constexpr float kCardHeight = 800;
constexpr float kColumnLeast = 480;  // narrower ones would be all words and no sentences
constexpr float kColumnGap = 28;
constexpr float kWordMost = 0.4F;  // of a column
constexpr float kMarkWidth = 28;
constexpr float kRowGap = 10;
constexpr float kHead = 54;
constexpr float kFoot = 36;

constexpr std::array<HelpEntry, 20> kFire{{
    {"L", {}, "load on and off: real requests, from here"},
    {"Shift L", {}, "its rate: 10/s … flat out"},
    {"Ctrl L", {}, "its connections"},
    {"Alt L", {}, "its share of POSTs"},
    {"Alt Shift L", {}, "how many of its requests burn 20 ms"},
    {"Ctrl Alt L", {}, "whether each has a connection of its own"},
    {"Ctrl Shift L", {}, "what it asks for, of what the server has answered"},
    {"H", {}, "hang: one request that never returns"},
    {"Shift H", {}, "how it hangs: spin, sleep"},
    {"C", {}, "crash: one request that takes its worker along"},
    {"Shift C", {}, "how it crashes: segv, abort, throw, exit"},
    {"1 – 9", {}, "select a worker for F, K and W; again: none"},
    {"F", {}, "freeze (SIGSTOP) it, or let it go on (SIGCONT)"},
    {"K", {}, "kill it (SIGKILL)"},
    {"+  −", {}, "one worker more, one fewer"},
    {"R", {}, "reload: all workers anew, one after the other"},
    {"O", {}, "whether connections outlive their worker: on and off"},
    {"B", {}, "balance: the next of six ways to share the port"},
    {"Shift B", {}, "compare: all six, with load and a hang; a minute or two"},
    {"N", {}, "lessons: the next step;  ↑ ↓ guess"},
}};

constexpr std::array<HelpEntry, 17> kLook{{
    {"Space", {}, "pause the picture; the server goes on"},
    {"←  →", {}, "100 ms back, 100 ms on"},
    {"Shift ←  →", {}, "to the previous, the next incident"},
    {"End", {}, "back to live"},
    {"M", {}, "put a marker on the time line"},
    {"W", {}, "why? the chain of events of an incident"},
    {"X", {}, "which requests were lost, and with whom"},
    {"S", {}, "servers: the list, where several run;  ↑ ↓ Enter"},
    {"P", {}, "presenter: everything bigger"},
    {"T", {}, "dark and light"},
    {"Ctrl +  −", {}, "bigger, smaller"},
    {"Ctrl M", {}, "reduced motion on and off"},
    {"F11", {}, "full screen"},
    {"F12", {}, "screenshot into the current directory"},
    {"?", {}, "this card: keys and words;  ← → its pages"},
    {"Esc", {}, "close what is open, select no worker"},
    {"Ctrl Q", {}, "close the window"},
}};

constexpr std::string_view kKeys = "Keys";
constexpr std::string_view kNotSeen = "not seen";  // an area rather than a mark

struct Chapter {
  std::string_view title;
  std::vector<HelpEntry> entries;
  std::size_t second_column = 0;  ///< Which entry begins it, where there are two and those before
                                  ///< it fit into the first; 0: whichever.
};

std::optional<words::Look> look_of(std::string_view word) {
  for (int look = 0; look <= static_cast<int>(words::Look::unknown); ++look) {
    if (words::word(static_cast<words::Look>(look)) == word) return static_cast<words::Look>(look);
  }
  return std::nullopt;
}

/// Of events alone: what a state is also an event of has the mark of the state.
std::optional<telemetry::EventKind> event_of(const words::Term& term) {
  if (term.topic != words::Topic::events) return std::nullopt;
  for (std::uint16_t number = 1;; ++number) {
    const auto kind = static_cast<telemetry::EventKind>(number);
    const telemetry::EventTraits& traits = telemetry::traits_of(kind);
    if (traits.kind != kind) return std::nullopt;  // there are no more
    if (words::find_term(traits.name) == &term) return kind;
  }
}

std::vector<Chapter> chapters() {
  std::vector<Chapter> all{{kKeys, {kFire.begin(), kFire.end()}, kFire.size()}};
  all.front().entries.insert(all.front().entries.end(), kLook.begin(), kLook.end());
  for (std::size_t topic = 0; topic < words::kTopics; ++topic) {
    Chapter chapter{words::title(static_cast<words::Topic>(topic)), {}};
    for (const words::Term& term : words::glossary()) {
      if (static_cast<std::size_t>(term.topic) != topic) continue;
      chapter.entries.push_back(
          {term.word, term.plain, term.sentence, look_of(term.word), event_of(term)});
    }
    all.push_back(std::move(chapter));
  }
  return all;
}

bool has_mark(const HelpEntry& entry) {
  return entry.look || entry.event || entry.word == kNotSeen;
}

/// Fills the columns of one page after the other.
class Flow {
 public:
  Flow(const Painter& painter, const Rect& place, HelpLayout& layout)
      : painter_(painter), place_(place), layout_(layout) {
    const float two = 2 * painter.px(kColumnLeast) + painter.px(kColumnGap);
    columns_ = place.w >= two ? 2 : 1;
    width_ = columns_ == 2 ? (place.w - painter.px(kColumnGap)) / 2 : place.w;
  }

  void add(const Chapter& chapter) {
    begin_page(chapter);
    const bool marked = std::any_of(chapter.entries.begin(), chapter.entries.end(), has_mark);
    mark_ = marked ? painter_.px(kMarkWidth) : 0;
    word_ = 0;
    for (const HelpEntry& entry : chapter.entries) {
      word_ = std::max(word_, painter_.width(Type::small_bold, entry.word));
    }
    word_ = std::min(mark_ + word_ + painter_.px(20), width_ * kWordMost);
    const std::span first(chapter.entries.data(), chapter.second_column);
    const bool parted = columns_ == 2 && !first.empty() && height(first) <= place_.h + 0.5F;
    for (std::size_t i = 0; i < chapter.entries.size(); ++i) {
      if (parted && i == first.size()) begin_column(chapter);
      add(chapter, chapter.entries[i]);
    }
  }

 private:
  void begin_page(const Chapter& chapter) {
    layout_.pages.push_back({chapter.title, {}});
    column_ = 0;
    rest_ = column(0);
  }
  Rect column(int index) const {
    const float step = width_ + painter_.px(kColumnGap);
    return {place_.x + step * static_cast<float>(index), place_.y, width_, place_.h};
  }
  void begin_column(const Chapter& chapter) {
    if (++column_ == columns_) return begin_page(chapter);
    rest_ = column(column_);
  }

  float height(const HelpEntry& entry) const {
    const float width = width_ - word_;
    const float word = painter_.paragraph_height(Type::small_bold, word_ - mark_, entry.word);
    const float plain = painter_.paragraph_height(Type::small_bold, width, entry.plain);
    const float sentence = painter_.paragraph_height(Type::small, width, entry.sentence);
    return std::max(word, plain + sentence);
  }
  /// Of all of them, one below the other.
  float height(std::span<const HelpEntry> entries) const {
    float sum = -painter_.px(kRowGap);
    for (const HelpEntry& entry : entries) sum += height(entry) + painter_.px(kRowGap);
    return sum;
  }

  void add(const Chapter& chapter, const HelpEntry& entry) {
    const float needed = height(entry);
    if (needed > rest_.h && rest_.h < place_.h) begin_column(chapter);
    layout_.whole = layout_.whole && needed <= rest_.h + 0.5F;
    Rect row = rest_.cut_top(needed, painter_.px(kRowGap));
    Rect left = row.cut_left(word_);
    const Rect mark = left.cut_left(mark_);
    layout_.pages.back().rows.push_back({entry, mark, left, row});
  }

  const Painter& painter_;
  const Rect place_;
  HelpLayout& layout_;
  int columns_;
  float width_;     // of a column
  float word_ = 0;  // the part of it that the words take
  float mark_ = 0;  // the part of that that the marks take
  int column_ = 0;
  Rect rest_;  // of the present column
};

void draw_row(const Painter& painter, const HelpRow& row) {
  const Palette& colors = painter.colors();
  const float radius = painter.px(8);
  const ImVec2 center{row.mark.x + radius, row.mark.y + painter.height(Type::small) * 0.64F};
  if (row.entry.word == kNotSeen) {
    painter.hatch({center.x - radius, center.y - radius, 2 * radius, 2 * radius},
                  faded(colors.muted, 0.5F));
  } else if (has_mark(row.entry)) {
    const Mark mark =
        row.entry.look ? mark_of(*row.entry.look, colors) : mark_of(*row.entry.event, colors);
    draw_mark(painter, mark, center, radius, colors.dead_edge);
  }
  painter.paragraph(Type::small_bold, row.word, colors.busy, row.entry.word);
  Rect text = row.text;
  text.cut_top(painter.paragraph(Type::small_bold, text, colors.text, row.entry.plain));
  if (text.h < 1) return;
  painter.paragraph(Type::small, text, row.entry.plain.empty() ? colors.text : colors.muted,
                    row.entry.sentence);
}

/// The chapters beside each other, a click opens one; or, where there is no room, the present one
/// alone.
void draw_chapters(const Painter& painter, const HelpLayout& layout, std::size_t shown,
                   const View& view) {
  const Palette& colors = painter.colors();
  struct Tab {
    std::string_view title;
    std::size_t page;
  };
  std::vector<Tab> tabs;
  float width = 0;
  const float pad = painter.px(14);
  for (std::size_t page = 0; page < layout.pages.size(); ++page) {
    const std::string_view title = layout.pages[page].title;
    if (!tabs.empty() && tabs.back().title == title) continue;
    tabs.push_back({title, page});
    width += painter.width(Type::body_bold, title) + 2 * pad;
  }
  if (width > layout.head.w) tabs = {{layout.pages[shown].title, shown}};
  Rect rest = layout.head;
  for (const Tab& tab : tabs) {
    const Rect cell = rest.cut_left(painter.width(Type::body_bold, tab.title) + 2 * pad);
    const bool now = tab.title == layout.pages[shown].title;
    const std::string id = "help page " + std::to_string(tab.page);
    const Press press = press_area(id.c_str(), cell);
    if (now) {
      painter.fill({cell.x, cell.bottom() - painter.px(4), cell.w, painter.px(4)}, colors.busy);
    }
    painter.text_centered(Type::body_bold, cell, now || press.hovered ? colors.text : colors.muted,
                          tab.title);
    if (press.clicked) view.commands.push_back({CommandKind::show_help_page, tab.page});
  }
}

}  // namespace

HelpLayout lay_out_help(const Painter& painter, ImVec2 window) {
  HelpLayout layout;
  layout.whole = true;
  const float width = std::min(painter.px(kCardWidth), window.x - painter.px(24));
  const float height = std::min(painter.px(kCardHeight), window.y - painter.px(24));
  layout.card = {(window.x - width) / 2, (window.y - height) / 2, width, height};
  Rect inside = layout.card.inset(painter.px(24), painter.px(14));
  layout.head = inside.cut_top(painter.px(kHead) - painter.px(14), painter.px(18));
  layout.foot = inside.cut_bottom(painter.px(kFoot), painter.px(6));
  Flow flow(painter, inside, layout);
  for (const Chapter& chapter : chapters()) flow.add(chapter);
  return layout;
}

void draw_help(const Painter& painter, ImVec2 window, const View& view) {
  const Palette& colors = painter.colors();
  const HelpLayout layout = lay_out_help(painter, window);
  const int count = static_cast<int>(layout.pages.size());
  const int shown = (view.state.help_page % count + count) % count;
  painter.fill({0, 0, window.x, window.y}, faded(colors.background, 0.78F));
  painter.fill(layout.card, colors.panel, painter.px(10));
  painter.outline(layout.card, colors.line, painter.px(2), painter.px(10));
  draw_chapters(painter, layout, static_cast<std::size_t>(shown), view);
  for (const HelpRow& row : layout.pages[static_cast<std::size_t>(shown)].rows) {
    draw_row(painter, row);
  }
  const Rect& foot = layout.foot;
  const float end = painter.text(
      Type::small, foot.x, foot.middle(), colors.muted,
      "page " + std::to_string(shown + 1) + " of " + std::to_string(count) + ";  ← → turn it");
  const std::string_view close = "? or Esc closes this card";
  if (end + painter.px(16) + painter.width(Type::small, close) <= foot.right()) {
    painter.text_right(Type::small, foot.right(), foot.middle(), colors.muted, close);
  }
}

}  // namespace forkscope::views
