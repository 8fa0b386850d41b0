// A window with whatever OpenGL there is, and Dear ImGui's way to draw with it.
//
// Drawing takes shaders from OpenGL 3.0 or OpenGL ES 3.0 on, and does without them below. A
// Raspberry Pi has 3.1, or 2.1 on the older ones. Where the graphics card offers nothing, Mesa
// draws with the processor.
#pragma once

#include <string>

struct GLFWwindow;
struct ImDrawData;

namespace forkscope::app {

/// What a window's width and height count: for a file pixels, for people units that are larger on a
/// screen with more pixels per inch (its content scale, which on X11 is Xft.dpi / 96).
enum class SizeIn { pixels, screen_units };

/// Borrows the window. What draws, and remark(), needs its context to be current.
class GlContext {
 public:
  /// Opens a hidden window: with the best that is to be had, in the order that is told above. Null,
  /// with a reason, when there is no OpenGL at all. Main thread; GLFW is initialised, and may have
  /// been ended and initialised anew.
  static GlContext open(int width, int height, SizeIn unit, const char* title);

  GLFWwindow* window() const { return window_; }
  const std::string& reason() const { return reason_; }

  /// Once, after Dear ImGui's context has been made.
  void start_drawing() const;
  void stop_drawing() const;
  void new_frame() const;
  void draw(ImDrawData* data) const;
  /// The typefaces have changed.
  void renew_fonts() const;
  /// What is drawn with, when that is not what is expected: one line for people; empty otherwise.
  std::string remark() const;

 private:
  GLFWwindow* window_ = nullptr;
  const char* shading_language_ = nullptr;  // "#version …"; null: without shaders
  enum class Means { expected, lesser, software } means_ = Means::expected;
  std::string reason_;
};

}  // namespace forkscope::app
