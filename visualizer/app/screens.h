// Which screen a window is on, and how large it may be there.
#pragma once

#include <cstddef>
#include <span>

struct GLFWmonitor;
struct GLFWwindow;

namespace forkscope::app {

/// In screen coordinates, as GLFW has them.
struct Area {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

/// The one that most of the window is on; the first when it is on none.
std::size_t most_covered(const Area& window, std::span<const Area> screens);

/// The monitor that most of the window is on; null when there is none.
GLFWmonitor* monitor_of(GLFWwindow* window);

/// Makes a window that has not been shown yet no larger than what its monitor has room for beside
/// panels and the window's own frame. A window manager would see to that, but there may be none.
void fit_into_monitor(GLFWwindow* window);

}  // namespace forkscope::app
