#include "app/screens.h"

#include <GLFW/glfw3.h>

#include <algorithm>
#include <vector>

namespace forkscope::app {

namespace {

long common_length(int a, int a_length, int b, int b_length) {
  return std::max(0, std::min(a + a_length, b + b_length) - std::max(a, b));
}

long common(const Area& a, const Area& b) {
  return common_length(a.x, a.width, b.x, b.width) * common_length(a.y, a.height, b.y, b.height);
}

}  // namespace

std::size_t most_covered(const Area& window, std::span<const Area> screens) {
  const auto most =
      std::max_element(screens.begin(), screens.end(), [&](const Area& left, const Area& right) {
        return common(window, left) < common(window, right);
      });
  return static_cast<std::size_t>(most - screens.begin());
}

GLFWmonitor* monitor_of(GLFWwindow* window) {
  int count = 0;
  GLFWmonitor** monitors = glfwGetMonitors(&count);
  if (count == 0) return nullptr;
  std::vector<Area> screens(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < screens.size(); ++i) {
    glfwGetMonitorPos(monitors[i], &screens[i].x, &screens[i].y);
    if (const GLFWvidmode* mode = glfwGetVideoMode(monitors[i])) {
      screens[i].width = mode->width;
      screens[i].height = mode->height;
    }
  }
  Area area;
  glfwGetWindowPos(window, &area.x, &area.y);
  glfwGetWindowSize(window, &area.width, &area.height);
  return monitors[most_covered(area, screens)];
}

void fit_into_monitor(GLFWwindow* window) {
  GLFWmonitor* monitor = glfwGetPrimaryMonitor();  // where it will be is not known yet
  if (monitor == nullptr) return;
  Area room;
  glfwGetMonitorWorkarea(monitor, &room.x, &room.y, &room.width, &room.height);
  int width = 0;
  int height = 0;
  glfwGetWindowSize(window, &width, &height);
  if (room.width <= 0 || room.height <= 0) return;
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
  glfwGetWindowFrameSize(window, &left, &top, &right, &bottom);
  glfwSetWindowSize(window, std::min(width, room.width - left - right),
                    std::min(height, room.height - top - bottom));
}

}  // namespace forkscope::app
