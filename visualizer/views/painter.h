// Drawing primitives over ImDrawList, and the only place that names its functions with flags: their
// meaning has changed between versions of Dear ImGui.
//
// Lives for one frame; borrows the draw list, the theme, what the pointer is at, and the observer
// if there is one.
#pragma once

#include <imgui.h>

#include <cstddef>
#include <string_view>
#include <vector>

#include "views/drawing_observer.h"
#include "views/geometry.h"
#include "views/pointed.h"
#include "views/theme.h"

namespace forkscope::views {

/// The shapes that states are told apart by; drawn, since fonts differ in which glyphs they have.
enum class Shape { ring, ringed_disc, disc, half_disc, triangle, hatched_square, cross, plus };

class Painter {
 public:
  /// `pointed` is told of the words that are drawn, unless it is null; `observer` of all.
  Painter(ImDrawList& list, const Theme& theme, Pointed* pointed = nullptr,
          DrawingObserver* observer = nullptr)
      : list_(list), theme_(theme), pointed_(pointed), observer_(observer) {}

  const Theme& theme() const { return theme_; }
  const Palette& colors() const { return theme_.colors(); }
  /// `units` in pixels.
  float px(float units) const { return units * theme_.unit; }
  ImDrawList& list() const { return list_; }

  // ── text ──
  float height(Type type) const { return theme_.font(type).size; }
  float width(Type type, std::string_view text) const;
  /// Left-aligned at x, vertically centred on `middle`. Returns where the text ends.
  float text(Type type, float x, float middle, ImU32 color, std::string_view text) const;
  /// Ends at `right`. Returns where it begins.
  float text_right(Type type, float right, float middle, ImU32 color, std::string_view text) const;
  void text_centered(Type type, const Rect& box, ImU32 color, std::string_view text) const;
  /// Cut with "…" when wider than `max_width`. Returns where it ends.
  float text_elided(Type type, float x, float middle, float max_width, ImU32 color,
                    std::string_view text) const;

  /// Broken into lines at spaces, from the top of `box`; what does not fit ends in "…". Returns the
  /// height that it took.
  float paragraph(Type type, const Rect& box, ImU32 color, std::string_view text) const;
  float line_height(Type type) const;
  /// What all of it would take in a box of that width.
  float paragraph_height(Type type, float width, std::string_view text) const;
  /// A key as it looks on a keyboard, `right` at its right edge. Returns where it begins.
  float key_cap(float right, float middle, std::string_view key, ImU32 color) const;

  /// The pointer on `rect` shows what that word means: for what is no text.
  void explain(const Rect& rect, std::string_view word) const;
  /// What has been drawn is covered now.
  void cover() const;

  // ── areas ──
  void fill(const Rect& rect, ImU32 color, float rounding = 0) const;
  void outline(const Rect& rect, ImU32 color, float thickness, float rounding = 0) const;
  void line(ImVec2 from, ImVec2 to, ImU32 color, float thickness) const;
  void polyline(const ImVec2* points, int count, ImU32 color, float thickness) const;
  /// Diagonal stripes over `rect`.
  void hatch(const Rect& rect, ImU32 stripes) const;
  void push_clip(const Rect& rect) const;
  void pop_clip() const;

  /// Fits a circle of `radius`; `edge` outlines the cross and the square.
  void shape(Shape shape, ImVec2 center, float radius, ImU32 color, ImU32 edge) const;

  /// A panel's ground with its title, and optionally a remark at the right of the title. Returns
  /// the inside.
  Rect panel(const Rect& rect, std::string_view title, std::string_view remark = {}) const;
  /// The same inside, of a panel that is not drawn.
  Rect panel_inside(const Rect& rect) const;

 private:
  bool is_pointed(const Rect& rect) const;
  Rect cut_panel_head(Rect& panel) const;
  Rect clip() const;
  /// At most `most` lines; the last one has all that is left.
  std::vector<std::string_view> lines_of(Type type, float width, std::string_view text,
                                         std::size_t most) const;

  ImDrawList& list_;
  const Theme& theme_;
  Pointed* pointed_;
  DrawingObserver* observer_;
};

}  // namespace forkscope::views
