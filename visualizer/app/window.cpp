#include "app/window.h"

#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/fonts.h"
#include "app/png.h"

namespace forkscope::app {

namespace {

constexpr float kDesignHeight = 900;
constexpr float kLeastDesignWidth = 1100;  // on a narrower window everything is smaller instead

std::string glfw_reason() {
  const char* text = nullptr;
  glfwGetError(&text);
  return text ? text : "unknown reason";
}

}  // namespace

Window::Window(int width, int height, Visibility visibility) {
  if (!glfwInit()) throw NoDisplay("no display to open a window on (" + glfw_reason() + ")");
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
  glfwWindowHint(GLFW_VISIBLE, visibility == Visibility::shown ? GLFW_TRUE : GLFW_FALSE);
  window_ = glfwCreateWindow(width, height, "Forkscope", nullptr, nullptr);
  if (!window_) {
    const std::string reason = glfw_reason();
    glfwTerminate();
    throw NoDisplay("no display with OpenGL 3.2 to open a window on (" + reason + ")");
  }
  glfwMakeContextCurrent(window_);
  glfwSwapInterval(visibility == Visibility::shown ? 1 : 0);

  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  ImGui::GetIO().IniFilename = nullptr;
  install_callbacks();  // before the backend's, which call what they find
  ImGui_ImplGlfw_InitForOpenGL(window_, true);
  ImGui_ImplOpenGL3_Init("#version 150");
}

Window::~Window() {
  ImGui_ImplOpenGL3_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
  glfwDestroyWindow(window_);
  glfwTerminate();
}

void Window::install_callbacks() {
  glfwSetWindowUserPointer(window_, &input_);
  glfwSetKeyCallback(window_, [](GLFWwindow* window, int key, int scancode, int action, int mods) {
    auto& input = *static_cast<Input*>(glfwGetWindowUserPointer(window));
    input.activity = true;
    input.repeating = action == GLFW_REPEAT;
    if (action == GLFW_RELEASE) return;
    const char* name = glfwGetKeyName(key, scancode);
    const bool plain = name && name[0] != 0 && name[1] == 0;
    input.keys.push_back({.key = key,
                          .character = plain ? name[0] : '\0',
                          .control = (mods & GLFW_MOD_CONTROL) != 0,
                          .shift = (mods & GLFW_MOD_SHIFT) != 0,
                          .alt = (mods & GLFW_MOD_ALT) != 0,
                          .repeated = input.repeating});
  });
  // GLFW reports a key before its character.
  glfwSetCharCallback(window_, [](GLFWwindow* window, unsigned int codepoint) {
    auto& input = *static_cast<Input*>(glfwGetWindowUserPointer(window));
    if (codepoint > ' ' && codepoint < 0x7F && !input.repeating) {
      input.keys.push_back({.typed = static_cast<char>(codepoint)});
    }
  });
  const auto touched = [](GLFWwindow* window) {
    static_cast<Input*>(glfwGetWindowUserPointer(window))->activity = true;
  };
  static const auto kTouched = touched;
  glfwSetMouseButtonCallback(window_, [](GLFWwindow* w, int, int, int) { kTouched(w); });
  glfwSetCursorPosCallback(window_, [](GLFWwindow* w, double, double) { kTouched(w); });
  glfwSetFramebufferSizeCallback(window_, [](GLFWwindow* w, int, int) { kTouched(w); });
  glfwSetWindowRefreshCallback(window_, [](GLFWwindow* w) { kTouched(w); });
}

bool Window::should_close() const { return glfwWindowShouldClose(window_) != 0; }

void Window::close() { glfwSetWindowShouldClose(window_, GLFW_TRUE); }

void Window::set_title(const std::string& title) { glfwSetWindowTitle(window_, title.c_str()); }

void Window::toggle_full_screen() {
  if (glfwGetWindowMonitor(window_)) {
    glfwSetWindowMonitor(window_, nullptr, windowed_[0], windowed_[1], windowed_[2], windowed_[3],
                         GLFW_DONT_CARE);
    return;
  }
  GLFWmonitor* monitor = glfwGetPrimaryMonitor();
  const GLFWvidmode* mode = monitor ? glfwGetVideoMode(monitor) : nullptr;
  if (!mode) return;
  glfwGetWindowPos(window_, &windowed_[0], &windowed_[1]);
  glfwGetWindowSize(window_, &windowed_[2], &windowed_[3]);
  glfwSetWindowMonitor(window_, monitor, 0, 0, mode->width, mode->height, mode->refreshRate);
}

void Window::wait_events(double seconds) { glfwWaitEventsTimeout(std::max(seconds, 0.001)); }

std::vector<KeyPress> Window::take_keys() { return std::exchange(input_.keys, {}); }

bool Window::take_activity() { return std::exchange(input_.activity, false); }

void Window::fit_theme(views::Theme& theme, float scale) {
  int width = 0;
  int height = 0;
  glfwGetWindowSize(window_, &width, &height);
  const float fitting = std::min(static_cast<float>(height) / kDesignHeight,
                                 static_cast<float>(width) / kLeastDesignWidth);
  // Steps of 2 %, so that dragging the window's edge does not bake fonts for every pixel.
  const float unit = std::round(fitting * 50) / 50 * scale;
  theme.unit = std::clamp(unit, 0.3F, 8.F);
  if (theme.unit == font_unit_) return;
  [[maybe_unused]] const bool baked_before = font_unit_ != 0;
  font_unit_ = theme.unit;
  load_fonts(theme);
#if IMGUI_VERSION_NUM < 19200  // later versions notice by themselves
  if (baked_before) {          // the first texture is made by the first frame
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
  }
#endif
}

void Window::begin_frame() {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
}

std::string Window::end_frame(const std::string& png_path) {
  ImGui::Render();
  int width = 0;
  int height = 0;
  glfwGetFramebufferSize(window_, &width, &height);
  glViewport(0, 0, width, height);
  glClearColor(0, 0, 0, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  // Before the swap: afterwards the content of the back buffer is undefined.
  std::string error = png_path.empty() ? std::string() : write_frame_png(png_path, width, height);
  glfwSwapBuffers(window_);
  return error;
}

}  // namespace forkscope::app
