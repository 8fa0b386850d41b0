#include "drawn_texts.h"

#include <imgui_internal.h>

#include <algorithm>
#include <limits>

namespace forkscope::visualizer_test {

using views::Rect;

namespace {

constexpr float kSlack = 1.5F;  // pixels: the soft edges of glyphs
constexpr std::string_view kDots = "…";
constexpr std::size_t kLeastLeft = 4;  // bytes of a text that is cut: "work…" says something

Rect common(const Rect& a, const Rect& b) {
  const float x = std::max(a.x, b.x);
  const float y = std::max(a.y, b.y);
  return {x, y, std::min(a.right(), b.right()) - x, std::min(a.bottom(), b.bottom()) - y};
}

bool meet(const Rect& a, const Rect& b) {
  const Rect both = common(a, b);
  return both.w > kSlack && both.h > kSlack;
}

bool holds(const Rect& outer, const Rect& inner) {
  return inner.x >= outer.x - kSlack && inner.y >= outer.y - kSlack &&
         inner.right() <= outer.right() + kSlack && inner.bottom() <= outer.bottom() + kSlack;
}

bool is_opaque(ImU32 color) { return (color >> IM_COL32_A_SHIFT & 0xFF) > 0xB0; }

/// What its glyphs cover. Without any, as wide as nothing.
Rect ink_of(const views::Font& font, ImVec2 at, std::string_view text) {
  constexpr float kFar = std::numeric_limits<float>::max();
  float left = kFar;
  float top = kFar;
  float right = -kFar;
  float bottom = -kFar;
  const float scale = font.size / font.face->FontSize;
  float x = at.x;
  for (const char* next = text.data(); next < text.data() + text.size();) {
    unsigned int character = 0;
    next += ImTextCharFromUtf8(&character, next, text.data() + text.size());
    const ImFontGlyph* glyph = font.face->FindGlyph(static_cast<ImWchar>(character));
    if (glyph->Visible) {
      left = std::min(left, x + glyph->X0 * scale);
      right = std::max(right, x + glyph->X1 * scale);
      top = std::min(top, at.y + glyph->Y0 * scale);
      bottom = std::max(bottom, at.y + glyph->Y1 * scale);
    }
    x += glyph->AdvanceX * scale;
  }
  return left == kFar ? Rect{at.x, at.y, 0, 0} : Rect{left, top, right - left, bottom - top};
}

}  // namespace

DrawnTexts::DrawnTexts(ImVec2 screen, const views::Theme& theme)
    : screen_{0, 0, screen.x, screen.y}, theme_(theme) {}

void DrawnTexts::text(views::Type type, ImVec2 at, ImU32, std::string_view text, const Rect& clip) {
  const Rect ink = ink_of(theme_.font(type), at, text);
  texts_.push_back({std::string(text), type, ink, clip});
  const bool hides = std::any_of(shapes_.begin(), shapes_.end(),
                                 [&](const Rect& shape) { return meet(shape, ink); });
  if (hides) faults_.push_back({"covers a shape", std::string(text), "", ink});
}

void DrawnTexts::area(const Rect& rect, ImU32 color, const Rect& clip) {
  if (!is_opaque(color)) return;
  const Rect seen = common(rect, clip);
  if (holds(seen, screen_)) {  // a card's backdrop
    texts_.clear();
    outlines_.clear();
    shapes_.clear();
    return;
  }
  for (const Rect& shape : shapes_) {
    if (holds(seen, shape)) faults_.push_back({"a shape is below an area", "", "", shape});
  }
  cover(seen, "is below an area");
}

void DrawnTexts::outline(const Rect& rect, const Rect& clip) {
  if (!holds(common(clip, screen_), rect)) faults_.push_back({"a frame is cut", "", "", rect});
  for (const Rect& other : outlines_) {
    if (meet(rect, other) && !holds(rect, other) && !holds(other, rect)) {
      faults_.push_back({"frames cross", "", "", rect});
    }
  }
  outlines_.push_back(rect);
}

void DrawnTexts::shape(ImVec2 center, float radius, const Rect& clip) {
  const Rect box{center.x - radius, center.y - radius, 2 * radius, 2 * radius};
  if (!holds(common(clip, screen_), box)) faults_.push_back({"a shape is cut", "", "", box});
  cover(common(box, clip), "is below a shape");
  shapes_.push_back(box);
}

void DrawnTexts::cover(const Rect& by, const char* what) {
  for (const DrawnText& text : texts_) {
    if (meet(text.ink, by)) faults_.push_back({what, text.text, "", text.ink});
  }
}

bool DrawnTexts::has(std::string_view text) const {
  return std::any_of(texts_.begin(), texts_.end(),
                     [text](const DrawnText& drawn) { return drawn.text == text; });
}

bool DrawnTexts::has_part(std::string_view text) const {
  return std::any_of(texts_.begin(), texts_.end(), [text](const DrawnText& drawn) {
    return drawn.text.find(text) != std::string::npos;
  });
}

std::vector<Fault> DrawnTexts::faults() const {
  std::vector<Fault> all = faults_;
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const DrawnText& text = texts_[i];
    if (!holds(screen_, text.ink)) all.push_back({"leaves the screen", text.text, "", text.ink});
    if (!holds(text.clip, text.ink)) all.push_back({"is cut", text.text, "", text.ink});
    if (text.text.ends_with(kDots) && text.text.size() < kLeastLeft + kDots.size()) {
      all.push_back({"is too short", text.text, "", text.ink});
    }
    for (std::size_t j = i + 1; j < texts_.size(); ++j) {
      if (!meet(text.ink, texts_[j].ink)) continue;
      all.push_back({"overlaps", text.text, texts_[j].text, text.ink});
    }
  }
  return all;
}

}  // namespace forkscope::visualizer_test
