// The window: GLFW, an OpenGL context, and Dear ImGui on both.
//
// Owns all three and ends them in the right order. One per process, main thread only (GLFW's rule).
// Keys do not go through Dear ImGui, whose codes differ between versions and which loses a tap
// inside one frame: they are queued as GLFW reports them.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "views/theme.h"

struct GLFWwindow;

namespace forkscope::app {

/// No display, or no OpenGL on it. One line for people.
class NoDisplay : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One press of a key, or one character that was typed: for '?' and '+', which are keys of their
/// own on few layouts.
struct KeyPress {
  int key = 0;         ///< GLFW_KEY_…; 0 for a character.
  char character = 0;  ///< What the key is labelled with in the user's layout, lower case; or 0.
  char typed = 0;      ///< The character; 0 for a key.
  bool control = false;
  bool shift = false;
  bool alt = false;
  bool repeated = false;  ///< The key is held down.
};

enum class Visibility { shown, hidden };

class Window {
 public:
  /// Throws NoDisplay.
  Window(int width, int height, Visibility visibility);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  bool should_close() const;
  /// As its close button does.
  void close();
  void set_title(const std::string& title);
  void toggle_full_screen();

  /// Sleeps until something happens in the window, at most `seconds`.
  void wait_events(double seconds);
  /// Keys pressed since the last call, in order.
  std::vector<KeyPress> take_keys();
  /// Whether the user has touched anything since the last call.
  bool take_activity();

  /// Loads type for the window's size and the user's scale, when that has changed.
  void fit_theme(views::Theme& theme, float scale);

  void begin_frame();
  /// Renders the frame, writes it to `png_path` unless that is empty, and shows it. Returns why it
  /// could not be written, or an empty string.
  std::string end_frame(const std::string& png_path);

 private:
  struct Input {
    std::vector<KeyPress> keys;
    bool repeating = false;  // the latest key is held down
    bool activity = false;
  };
  void install_callbacks();

  GLFWwindow* window_ = nullptr;
  Input input_;
  float font_unit_ = 0;                  // the unit that the fonts are baked for
  int windowed_[4] = {0, 0, 1600, 900};  // x, y, width, height before full screen
};

}  // namespace forkscope::app
