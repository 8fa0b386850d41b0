// `?`: the card with all keys, and with all words of the field and the marks that go with them
// (words/glossary.h), on as many pages as the window needs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forkscope/telemetry/layout.h"
#include "views/painter.h"
#include "views/view.h"
#include "words/look.h"

namespace forkscope::views {

/// A key and what it does, or a word and what it means.
struct HelpEntry {
  std::string_view word;
  std::string_view plain;     ///< The same to a class, or nothing.
  std::string_view sentence;  ///< The longer text.
  // Whose mark stands before the word; at most one of them.
  std::optional<words::Look> look = {};
  std::optional<telemetry::EventKind> event = {};
};

/// Where an entry lies. Pixels of the window.
struct HelpRow {
  HelpEntry entry;
  Rect mark;  ///< Without an area in chapters that have none.
  Rect word;
  Rect text;  ///< What is plain, and below it the sentence.
};

struct HelpPage {
  std::string_view title;  ///< A long chapter has several pages.
  std::vector<HelpRow> rows;
};

struct HelpLayout {
  Rect card;
  Rect head;  ///< The titles of all chapters.
  Rect foot;
  std::vector<HelpPage> pages;
  bool whole = false;  ///< Whether every text has the room that it takes.
};

HelpLayout lay_out_help(const Painter& painter, ImVec2 window);

/// The page of the view's state.
void draw_help(const Painter& painter, ImVec2 window, const View& view);

}  // namespace forkscope::views
