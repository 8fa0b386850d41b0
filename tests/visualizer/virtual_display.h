// A display of its own for one test: Xvfb(1) on a free number, its screen, and a keyboard
// and a mouse (xdotool(1)) for whatever window has the focus.
#pragma once

#include <memory>
#include <string>

#include "picture.h"
#include "program.h"
#include "support/temp_dir.h"

namespace forkscope::visualizer_test {

class VirtualDisplay {
 public:
  static constexpr int kWidth = 1280;
  static constexpr int kHeight = 720;

  /// Throws std::runtime_error when there is no display within ten seconds.
  VirtualDisplay();
  /// Asks Xvfb to end: killed, it would leave its socket behind, and its number taken.
  ~VirtualDisplay();
  VirtualDisplay(const VirtualDisplay&) = delete;
  VirtualDisplay& operator=(const VirtualDisplay&) = delete;

  const std::string& name() const { return name_; }  ///< ":7"
  /// What is on the screen right now.
  Picture screen() const;

  /// Waits for a window whose title matches (POSIX extended), gives it the focus, and returns its
  /// title.
  std::string focus(const std::string& title) const;
  /// As a desktop does for a screen with so many pixels per inch. For programs that start later.
  void set_dpi(int dpi) const;
  struct Size {
    int width = 0;
    int height = 0;
    bool operator==(const Size&) const = default;
  };
  /// Of the window with the focus.
  Size focused_size() const;
  /// Names as xdotool has them: "h", "question", "F12".
  void press(const std::string& key) const;
  /// Presses the left button there, in pixels from the upper left corner.
  void click(int x, int y) const;
  /// Moves the pointer there and leaves it.
  void point(int x, int y) const;
  /// Holds a key down from now on. The server repeats it fifty times a second.
  void hold(const std::string& key) const;

 private:
  /// Standard output of one call; throws std::runtime_error when it fails.
  std::string call(std::vector<std::string> line) const;
  std::string xdotool(std::vector<std::string> arguments) const;

  support::TempDir directory_;  // the screen lies there
  std::unique_ptr<Program> server_;
  std::string name_;
};

}  // namespace forkscope::visualizer_test
