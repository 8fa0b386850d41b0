#include "views/widgets.h"

#include <string>

namespace forkscope::views {

Painter begin_full_screen(const Theme& theme, Pointed& pointed, DrawingObserver* observer) {
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{0, 0});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0.F);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0.F);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, theme.colors().background);
  ImGui::Begin("screen", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav |
                   ImGuiWindowFlags_NoBringToFrontOnFocus);
  return Painter(*ImGui::GetWindowDrawList(), theme, &pointed, observer);
}

void end_full_screen() {
  ImGui::End();
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(3);
}

Press press_area(const char* id, const Rect& rect) {
  if (rect.w < 1 || rect.h < 1) return {};
  ImGui::SetCursorScreenPos(rect.min());
  const bool clicked = ImGui::InvisibleButton(id, {rect.w, rect.h});
  return {ImGui::IsItemHovered(), clicked, ImGui::IsItemActive()};
}

float mouse_x() { return mouse().x; }

ImVec2 mouse() { return ImGui::GetIO().MousePos; }

bool chip(const Painter& painter, const char* id, const Rect& rect, std::string_view text,
          bool enabled) {
  const Palette& colors = painter.colors();
  const Press press = press_area(id, rect);
  painter.fill(rect, enabled && press.hovered ? colors.line : colors.panel, painter.px(4));
  painter.text_centered(Type::small, rect, enabled ? colors.text : colors.muted, text);
  return enabled && press.clicked;
}

std::optional<std::size_t> segments(const Painter& painter, const char* id, float right,
                                    float middle, std::span<const char* const> texts,
                                    std::size_t chosen, float& begin) {
  const Palette& colors = painter.colors();
  const float pad = painter.px(9);
  const float height = painter.px(26);
  float width = 0;
  for (const char* text : texts) width += painter.width(Type::small, text) + 2 * pad;
  const Rect track{right - width, middle - height / 2, width, height};
  painter.fill(track, colors.panel, painter.px(4));
  std::optional<std::size_t> pressed;
  float x = track.x;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Rect segment{x, track.y, painter.width(Type::small, texts[i]) + 2 * pad, height};
    const std::string name = id + std::to_string(i);
    const Press press = press_area(name.c_str(), segment);
    if (press.clicked) pressed = i;
    if (i == chosen) painter.fill(segment, colors.muted, painter.px(4));
    painter.text_centered(Type::small, segment,
                          i == chosen     ? colors.panel
                          : press.hovered ? colors.text
                                          : colors.muted,
                          texts[i]);
    x = segment.right();
  }
  begin = track.x;
  return pressed;
}

}  // namespace forkscope::views
