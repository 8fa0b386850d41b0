// The window: GLFW, an OpenGL context, and Dear ImGui on both.
//
// Owns all three and ends them in the right order. One per process, main thread only (GLFW's rule);
// OpenGL has a thread of its own, so that nobody waits for the screen: see gl_thread.h.
// Keys do not go through Dear ImGui, whose codes differ between versions and which loses a tap
// inside one frame: they are queued as GLFW reports them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/gl_context.h"
#include "app/gl_thread.h"
#include "views/theme.h"

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

/// What became of a frame.
struct Shown {
  std::string png_path;       ///< Where it was to be written, if anywhere.
  std::string error = {};     ///< Why it could not be; empty when it was.
  std::uint64_t took_ns = 0;  ///< How long it took to draw.
  std::uint64_t cpu_ns = 0;   ///< What all threads of this process used of processors meanwhile.
};

class Window {
 public:
  /// `shown`: for people; no larger than the screen. `hidden`: for a file. Throws NoDisplay.
  Window(int width, int height, Visibility visibility);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  bool should_close() const;
  /// As its close button does.
  void close();
  /// Costs nothing while it stays the same.
  void set_title(const std::string& title);
  /// On the screen that most of the window is on, and back.
  void toggle_full_screen();
  /// What OpenGL is used by, when that is not what is expected: one line for people, or empty.
  const std::string& remark() const { return remark_; }

  /// Sleeps until something happens in the window, at most `seconds`.
  void wait_events(double seconds);
  /// Keys pressed since the last call, in order.
  std::vector<KeyPress> take_keys();
  /// Whether the user has touched anything since the last call.
  bool take_activity();
  /// Whether the pointer is in use: who uses keys, or looks on for some seconds, has left it.
  bool is_pointing() const;

  /// Loads type for the window's size and the user's scale, when that has changed.
  void fit_theme(views::Theme& theme, float scale);

  /// Whether the latest frame has been shown, within `timeout`. Until then there can be no other.
  bool ready(std::chrono::milliseconds timeout = std::chrono::milliseconds(0)) const;
  /// Only when ready.
  void begin_frame();
  /// Hands the frame over: it is drawn, written to `png_path` unless that is empty, and shown,
  /// while the caller goes on.
  void end_frame(const std::string& png_path);
  /// What became of the latest frame; once, when ready.
  std::optional<Shown> take_shown();

  /// The thread that may use OpenGL in this window.
  GlThread& gl() { return gl_; }

 private:
  struct Input {
    std::vector<KeyPress> keys;
    bool repeating = false;  // the latest key is held down
    bool activity = false;
    std::optional<std::chrono::steady_clock::time_point> pointed;  // no key since
  };
  void install_callbacks();

  void draw_and_show(ImDrawData* data, int width, int height, Shown& shown) const;

  GlContext context_;
  GLFWwindow* window_ = nullptr;
  std::string title_;
  std::string remark_;
  std::optional<Shown> shown_;  // written by the thread until ready
  Input input_;
  float font_unit_ = 0;                  // the unit that the fonts are baked for
  int windowed_[4] = {0, 0, 1600, 900};  // x, y, width, height before full screen
  GlThread gl_;                          // uses what is above
};

}  // namespace forkscope::app
