#include "app/window.h"

#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <imgui.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "app/fonts.h"
#include "app/png.h"
#include "app/screens.h"
#include "live/process_time.h"

namespace forkscope::app {

namespace {

constexpr std::chrono::seconds kPointing{8};  // after its last move; a sentence is read by then

std::string glfw_reason() {
  const char* text = nullptr;
  glfwGetError(&text);
  return text ? text : "unknown reason";
}

/// Where no Wayland can be, its library says so on stderr by itself, beside what we say (GLFW 3.4).
void prefer_x11_without_wayland() {
#ifdef GLFW_PLATFORM_X11
  for (const char* name : {"XDG_RUNTIME_DIR", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"}) {
    if (std::getenv(name) != nullptr) return;
  }
  glfwInitHint(GLFW_PLATFORM, GLFW_PLATFORM_X11);
#endif
}

}  // namespace

Window::Window(int width, int height, Visibility visibility) {
  prefer_x11_without_wayland();
  if (!glfwInit()) throw NoDisplay("no display to open a window on (" + glfw_reason() + ")");
  const bool shown = visibility == Visibility::shown;
  context_ =
      GlContext::open(width, height, shown ? SizeIn::screen_units : SizeIn::pixels, "Forkscope");
  window_ = context_.window();
  if (!window_) {
    glfwTerminate();
    throw NoDisplay("no display with OpenGL to open a window on (" + context_.reason() + ")");
  }
  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  ImGui::GetIO().IniFilename = nullptr;
  install_callbacks();  // before the backend's, which call what they find
  ImGui_ImplGlfw_InitForOpenGL(window_, true);
  gl_.run([&] {
    glfwMakeContextCurrent(window_);
    glfwSwapInterval(shown ? 1 : 0);
    context_.start_drawing();
    remark_ = context_.remark();
  });
  if (!shown) return;
  fit_into_monitor(window_);
  glfwShowWindow(window_);
}

Window::~Window() {
  gl_.run([&] {
    context_.stop_drawing();
    glfwMakeContextCurrent(nullptr);
  });
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
    input.pointed.reset();
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
  static const auto kTouched = [](GLFWwindow* window) {
    static_cast<Input*>(glfwGetWindowUserPointer(window))->activity = true;
  };
  static const auto kPointed = [](GLFWwindow* window) {
    kTouched(window);
    static_cast<Input*>(glfwGetWindowUserPointer(window))->pointed =
        std::chrono::steady_clock::now();
  };
  glfwSetMouseButtonCallback(window_, [](GLFWwindow* w, int, int, int) { kPointed(w); });
  glfwSetCursorPosCallback(window_, [](GLFWwindow* w, double, double) { kPointed(w); });
  glfwSetFramebufferSizeCallback(window_, [](GLFWwindow* w, int, int) { kTouched(w); });
  glfwSetWindowRefreshCallback(window_, [](GLFWwindow* w) { kTouched(w); });
}

bool Window::should_close() const { return glfwWindowShouldClose(window_) != 0; }

void Window::close() { glfwSetWindowShouldClose(window_, GLFW_TRUE); }

void Window::set_title(const std::string& title) {
  if (title == title_) return;
  title_ = title;
  glfwSetWindowTitle(window_, title.c_str());
}

void Window::toggle_full_screen() {
  if (glfwGetWindowMonitor(window_)) {
    glfwSetWindowMonitor(window_, nullptr, windowed_[0], windowed_[1], windowed_[2], windowed_[3],
                         GLFW_DONT_CARE);
    return;
  }
  GLFWmonitor* monitor = monitor_of(window_);
  const GLFWvidmode* mode = monitor ? glfwGetVideoMode(monitor) : nullptr;
  if (!mode) return;
  glfwGetWindowPos(window_, &windowed_[0], &windowed_[1]);
  glfwGetWindowSize(window_, &windowed_[2], &windowed_[3]);
  glfwSetWindowMonitor(window_, monitor, 0, 0, mode->width, mode->height, mode->refreshRate);
}

void Window::wait_events(double seconds) { glfwWaitEventsTimeout(std::max(seconds, 0.001)); }

std::vector<KeyPress> Window::take_keys() { return std::exchange(input_.keys, {}); }

bool Window::is_pointing() const {
  return input_.pointed && std::chrono::steady_clock::now() - *input_.pointed < kPointing;
}

bool Window::take_activity() { return std::exchange(input_.activity, false); }

void Window::fit_theme(views::Theme& theme, float scale) {
  int width = 0;
  int height = 0;
  glfwGetWindowSize(window_, &width, &height);
  theme.unit = views::unit_of({static_cast<float>(width), static_cast<float>(height)}, scale);
  if (theme.unit == font_unit_) return;
  const bool baked_before = font_unit_ != 0;
  font_unit_ = theme.unit;
  load_fonts(theme);
  if (baked_before) gl_.run([&] { context_.renew_fonts(); });  // the first frame makes the first
}

bool Window::ready(std::chrono::milliseconds timeout) const { return gl_.idle(timeout); }

void Window::begin_frame() {
  assert(ready());
  gl_.run([&] { context_.new_frame(); });  // makes what it draws with, once
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
}

void Window::end_frame(const std::string& png_path) {
  ImGui::Render();
  int width = 0;
  int height = 0;
  glfwGetFramebufferSize(window_, &width, &height);
  // Nobody changes the draw data before the next begin_frame().
  shown_ = Shown{.png_path = png_path};
  gl_.post([this, width, height, data = ImGui::GetDrawData()] {
    draw_and_show(data, width, height, *shown_);
  });
}

std::optional<Shown> Window::take_shown() {
  return ready() ? std::exchange(shown_, std::nullopt) : std::nullopt;
}

void Window::draw_and_show(ImDrawData* data, int width, int height, Shown& shown) const {
  const std::uint64_t cpu_ns = live::process_cpu_ns();
  const auto begin = std::chrono::steady_clock::now();
  glViewport(0, 0, width, height);
  glClearColor(0, 0, 0, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  context_.draw(data);
  // Before the swap: afterwards the content of the back buffer is undefined.
  if (!shown.png_path.empty()) shown.error = write_frame_png(shown.png_path, width, height);
  glfwSwapBuffers(window_);
  shown.cpu_ns = live::process_cpu_ns() - cpu_ns;
  shown.took_ns = static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begin) /
                                             std::chrono::nanoseconds(1));
}

}  // namespace forkscope::app
