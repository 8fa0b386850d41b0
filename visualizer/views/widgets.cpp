#include "views/widgets.h"

namespace forkscope::views {

Painter begin_full_screen(const Theme& theme) {
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
  return Painter(*ImGui::GetWindowDrawList(), theme);
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
  return {ImGui::IsItemHovered(), clicked};
}

}  // namespace forkscope::views
