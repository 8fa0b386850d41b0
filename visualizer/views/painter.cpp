#include "views/painter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace forkscope::views {

namespace {

constexpr float kPi = 3.14159265F;

/// Length of the longest prefix of at most `limit` bytes that cuts no UTF-8 sequence (RFC 3629).
std::size_t whole_characters(std::string_view text, std::size_t limit) {
  while (limit > 0 && limit < text.size() &&
         (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) {
    --limit;
  }
  return limit;
}

}  // namespace

float Painter::width(Type type, std::string_view text) const {
  if (text.empty()) return 0;  // its begin may be null, which Dear ImGui does not take
  const Font& font = theme_.font(type);
  return font.face->CalcTextSizeA(font.size, 1e9F, 0, text.data(), text.data() + text.size()).x;
}

float Painter::text(Type type, float x, float middle, ImU32 color, std::string_view text) const {
  if (text.empty()) return x;
  const Font& font = theme_.font(type);
  // Whole pixels: glyphs between pixels look blurred.
  const ImVec2 at{std::floor(x), std::floor(middle - font.size / 2)};
  list_.AddText(font.face, font.size, at, color, text.data(), text.data() + text.size());
  if (observer_) observer_->text(type, at, color, text, clip());
  const float end = x + width(type, text);
  const bool speaks = type != Type::mono;  // a line for a shell has words of its own
  if (speaks && is_pointed({x, at.y, end - x, font.size})) {
    const char* there = nullptr;  // the character below the pointer
    font.face->CalcTextSizeA(font.size, pointed_->at.x - x, 0, text.data(),
                             text.data() + text.size(), &there);
    pointed_->term = words::term_at(text, static_cast<std::size_t>(there - text.data()));
  }
  return end;
}

float Painter::text_right(Type type, float right, float middle, ImU32 color,
                          std::string_view text) const {
  const float x = right - width(type, text);
  this->text(type, x, middle, color, text);
  return x;
}

void Painter::text_centered(Type type, const Rect& box, ImU32 color, std::string_view text) const {
  this->text(type, box.x + (box.w - width(type, text)) / 2, box.middle(), color, text);
}

float Painter::text_elided(Type type, float x, float middle, float max_width, ImU32 color,
                           std::string_view text) const {
  if (width(type, text) <= max_width) return this->text(type, x, middle, color, text);
  static constexpr std::string_view kDots = "…";
  const float room = max_width - width(type, kDots);
  if (room <= 0) return x;
  std::size_t low = 0;
  std::size_t high = text.size();
  while (low < high) {  // the longest prefix that fits
    const std::size_t half = (low + high + 1) / 2;
    if (width(type, text.substr(0, whole_characters(text, half))) <= room) {
      low = half;
    } else {
      high = half - 1;
    }
  }
  std::string cut(text.substr(0, whole_characters(text, low)));
  if (!cut.ends_with(kDots)) cut += kDots;
  return this->text(type, x, middle, color, cut);
}

std::vector<std::string_view> Painter::lines_of(Type type, float width, std::string_view text,
                                                std::size_t most) const {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    std::size_t end = text.size();
    if (lines.size() + 1 < most) {  // the longest run of words that fits; one word at the least
      while (this->width(type, text.substr(0, end)) > width) {
        const std::size_t space = text.rfind(' ', end - 1);
        if (space == std::string_view::npos || space == 0) break;
        end = space;
      }
    }
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

float Painter::line_height(Type type) const { return std::ceil(height(type) * 1.28F); }

float Painter::paragraph_height(Type type, float width, std::string_view text) const {
  return line_height(type) * static_cast<float>(lines_of(type, width, text, SIZE_MAX).size());
}

float Painter::paragraph(Type type, const Rect& box, ImU32 color, std::string_view text) const {
  const float line = line_height(type);
  const float room = std::max(1.F, std::floor((box.h + line * 0.2F) / line));
  float y = box.y;
  for (const std::string_view words : lines_of(type, box.w, text, static_cast<std::size_t>(room))) {
    text_elided(type, box.x, y + line / 2, box.w, color, words);
    y += line;
  }
  return y - box.y;
}

float Painter::key_cap(float right, float middle, std::string_view key, ImU32 color) const {
  const float size = px(26);
  const float wide = std::max(size, width(Type::small_bold, key) + px(12));
  const Rect cap{right - wide, std::floor(middle - size / 2), wide, size};
  outline(cap, color, px(1.5F), px(4));
  text_centered(Type::small_bold, cap, color, key);
  return cap.x;
}

bool Painter::is_pointed(const Rect& rect) const {
  if (pointed_ == nullptr) return false;
  const ImVec2 at = pointed_->at;
  const auto inside = [at](ImVec2 min, ImVec2 max) {
    return at.x >= min.x && at.x < max.x && at.y >= min.y && at.y < max.y;
  };
  return inside(rect.min(), rect.max()) && inside(list_.GetClipRectMin(), list_.GetClipRectMax());
}

void Painter::explain(const Rect& rect, std::string_view word) const {
  if (is_pointed(rect)) pointed_->term = words::find_term(word);
}

void Painter::cover() const {
  if (pointed_ != nullptr) pointed_->term = nullptr;
}

void Painter::fill(const Rect& rect, ImU32 color, float rounding) const {
  list_.AddRectFilled(rect.min(), rect.max(), color, rounding);
  if (observer_) observer_->area(rect, color, clip());
}

void Painter::outline(const Rect& rect, ImU32 color, float thickness, float rounding) const {
  const ImVec2 min{rect.x + thickness / 2, rect.y + thickness / 2};
  const ImVec2 max{rect.right() - thickness / 2, rect.bottom() - thickness / 2};
  list_.PathRect(min, max, rounding);
  list_.PathStroke(color, ImDrawFlags_Closed, thickness);
  if (observer_) observer_->outline(rect, clip());
}

void Painter::line(ImVec2 from, ImVec2 to, ImU32 color, float thickness) const {
  list_.AddLine(from, to, color, thickness);
}

void Painter::polyline(const ImVec2* points, int count, ImU32 color, float thickness) const {
  list_.AddPolyline(points, count, color, ImDrawFlags_None, thickness);
}

void Painter::hatch(const Rect& rect, ImU32 stripes) const {
  if (rect.w <= 0 || rect.h <= 0) return;
  push_clip(rect);
  const float pitch = px(12);
  const int stripe_count = static_cast<int>((rect.w + rect.h) / pitch) + 1;
  for (int i = 0; i < stripe_count; ++i) {
    const float x = rect.x - rect.h + pitch * static_cast<float>(i);
    list_.AddLine({x, rect.bottom()}, {x + rect.h, rect.y}, stripes, px(4.5F));
  }
  pop_clip();
}

void Painter::push_clip(const Rect& rect) const {
  list_.PushClipRect(rect.min(), rect.max(), true);
}

void Painter::pop_clip() const { list_.PopClipRect(); }

Rect Painter::clip() const {
  const ImVec2 min = list_.GetClipRectMin();
  const ImVec2 max = list_.GetClipRectMax();
  return {min.x, min.y, max.x - min.x, max.y - min.y};
}

void Painter::shape(Shape shape, ImVec2 center, float radius, ImU32 color, ImU32 edge) const {
  const float stroke = std::max(2.F, radius * 0.28F);
  switch (shape) {
    case Shape::ring: list_.AddCircle(center, radius - stroke / 2, color, 32, stroke); break;
    case Shape::ringed_disc:
      list_.AddCircle(center, radius - stroke / 2, color, 32, stroke);
      list_.AddCircleFilled(center, radius * 0.42F, color, 24);
      break;
    case Shape::disc: list_.AddCircleFilled(center, radius, color, 32); break;
    case Shape::half_disc:
      list_.AddCircle(center, radius - stroke / 2, color, 32, stroke);
      list_.PathArcTo(center, radius - 1, kPi / 2, 3 * kPi / 2, 24);
      list_.PathFillConvex(color);
      break;
    case Shape::triangle:
      list_.AddTriangleFilled({center.x, center.y - radius},
                              {center.x + radius, center.y + radius * 0.8F},
                              {center.x - radius, center.y + radius * 0.8F}, color);
      break;
    case Shape::hatched_square: {
      const Rect box{center.x - radius, center.y - radius, 2 * radius, 2 * radius};
      fill(box, color);
      hatch(box, colors().hatch);
      outline(box, edge, std::max(1.5F, radius * 0.14F));
      break;
    }
    case Shape::cross: {
      const float arm = radius * 0.78F;
      const float rim = radius * 0.16F;  // the outline, also around the ends
      const auto strokes = [&](ImU32 ink, float thickness, float reach) {
        line({center.x - reach, center.y - reach}, {center.x + reach, center.y + reach}, ink,
             thickness);
        line({center.x - reach, center.y + reach}, {center.x + reach, center.y - reach}, ink,
             thickness);
      };
      strokes(edge, stroke * 1.5F + 2 * rim, arm + rim);
      strokes(color, stroke * 1.5F, arm);
      break;
    }
    case Shape::plus:
      line({center.x - radius, center.y}, {center.x + radius, center.y}, color, stroke * 1.8F);
      line({center.x, center.y - radius}, {center.x, center.y + radius}, color, stroke * 1.8F);
      break;
  }
  if (observer_) observer_->shape(center, radius, clip());
}

Rect Painter::panel(const Rect& rect, std::string_view title, std::string_view remark) const {
  fill(rect, colors().panel, px(6));
  Rect inside = rect;
  const Rect head = cut_panel_head(inside);
  const float end = text(Type::small_bold, head.x, head.middle(), colors().muted, title);
  if (end + px(16) + width(Type::small, remark) <= head.right()) {
    text_right(Type::small, head.right(), head.middle(), colors().muted, remark);
  }
  return inside;
}

Rect Painter::panel_inside(const Rect& rect) const {
  Rect inside = rect;
  cut_panel_head(inside);
  return inside;
}

/// Takes the margins off, too.
Rect Painter::cut_panel_head(Rect& panel) const {
  panel = panel.inset(px(14), px(10));
  return panel.cut_top(height(Type::small), px(8));
}

}  // namespace forkscope::views
