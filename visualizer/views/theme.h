// How things look at the present window size: colours, type sizes, and the unit of all distances.
//
// Everything is measured in `unit`, 1/900 of the window's height times the user's scale (less on a
// window taller than wide), so that a picture keeps its proportions on any projector. The type
// sizes are what the last row of a lecture room can read: nothing below 2 % of the height, a
// worker's number and state 3.4 %, an alarm 5 %.
#pragma once

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "views/palette.h"

namespace forkscope::views {

enum class Type { small, small_bold, mono, body, body_bold, large, large_bold, banner };
inline constexpr std::size_t kTypeCount = 8;

/// Presenter mode is so much bigger.
inline constexpr float kPresenterScale = 1.25F;

enum class Face { regular, bold, mono };

struct TypeSpec {
  Face face;
  float size;  ///< In units: at scale 1, pixels of a window that is 900 pixels high.
};

inline constexpr std::array<TypeSpec, kTypeCount> kTypes{{
    {Face::regular, 19},
    {Face::bold, 19},
    {Face::mono, 18},
    {Face::regular, 23},
    {Face::bold, 23},
    {Face::regular, 31},
    {Face::bold, 31},
    {Face::bold, 46},
}};

struct Font {
  ImFont* face = nullptr;
  float size = 0;  ///< Pixels.
};

struct Theme {
  ThemeKind kind = ThemeKind::dark;
  float unit = 1;
  std::array<Font, kTypeCount> fonts;

  const Palette& colors() const { return palette(kind); }
  const Font& font(Type type) const { return fonts[static_cast<std::size_t>(type)]; }
};

/// The unit in a window of that size, in pixels.
inline float unit_of(ImVec2 window, float scale) {
  constexpr float kDesignHeight = 900;
  constexpr float kLeastDesignWidth = 1100;  // on a narrower window everything is smaller instead
  const float fitting = std::min(window.y / kDesignHeight, window.x / kLeastDesignWidth);
  // Steps of 2 %, so that dragging the window's edge does not bake fonts for every pixel.
  return std::clamp(std::round(fitting * 50) / 50 * scale, 0.3F, 8.F);
}

}  // namespace forkscope::views
