// What can be read of a frame: every text that was drawn, measured by the ink of its glyphs, and
// what is wrong with it.
#pragma once

#include <imgui.h>

#include <string>
#include <string_view>
#include <vector>

#include "views/drawing_observer.h"
#include "views/geometry.h"
#include "views/theme.h"

namespace forkscope::visualizer_test {

struct DrawnText {
  std::string text;
  views::Type type;
  views::Rect ink;   ///< Of its glyphs, without what a line keeps free around them.
  views::Rect clip;  ///< Only what is in it is seen.
};

struct Fault {
  std::string what;  ///< "cut", "overlaps", …
  std::string text;
  std::string other;  ///< The text in its way, where there is one.
  views::Rect where;
};

/// Borrows the theme, whose fonts are loaded. For one frame.
class DrawnTexts final : public views::DrawingObserver {
 public:
  DrawnTexts(ImVec2 screen, const views::Theme& theme);

  void text(views::Type type, ImVec2 at, ImU32 color, std::string_view text,
            const views::Rect& clip) override;
  void area(const views::Rect& rect, ImU32 color, const views::Rect& clip) override;
  void outline(const views::Rect& rect, const views::Rect& clip) override;
  void shape(ImVec2 center, float radius, const views::Rect& clip) override;

  /// Those that are to be seen, in the order in which they were drawn.
  const std::vector<DrawnText>& texts() const { return texts_; }
  bool has(std::string_view text) const;
  bool has_part(std::string_view text) const;
  /// Texts, frames and shapes beyond the screen or what is seen of it; texts that stand in each
  /// other, below something or on a shape, and those of which too little is left to be read; frames
  /// that cross.
  std::vector<Fault> faults() const;

 private:
  void cover(const views::Rect& by, const char* what);

  views::Rect screen_;
  const views::Theme& theme_;
  std::vector<DrawnText> texts_;
  std::vector<views::Rect> outlines_;
  std::vector<views::Rect> shapes_;
  std::vector<Fault> faults_;  // found while drawing
};

}  // namespace forkscope::visualizer_test
