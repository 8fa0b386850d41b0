// Preloaded into the visualizer (LD_PRELOAD, ld.so(8)), this makes its screen a poor one:
//
//   STUCK_SCREEN=FILE    as long as FILE exists, no frame gets shown
//   NO_OPENGL=desktop    there is OpenGL ES alone
//   NO_OPENGL=hardware   there is no OpenGL but Mesa's software
//
// Versions of OpenGL that are too low, Mesa can play itself: MESA_GL_VERSION_OVERRIDE.
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include <string_view>

extern "C" {

struct GLFWwindow;
struct GLFWmonitor;

void glfwSwapBuffers(GLFWwindow* window);
void glfwWindowHint(int hint, int value);
GLFWwindow* glfwCreateWindow(int width, int height, const char* title, GLFWmonitor* monitor,
                             GLFWwindow* share);
}

namespace {

constexpr int kClientApi = 0x00022001;  // as in GLFW/glfw3.h
constexpr int kOpenGlEs = 0x00030002;
int client_api = 0;

template <typename Function>
Function* real(Function* /*ours*/, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

std::string_view environment(const char* name) {
  const char* value = ::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

void glfwSwapBuffers(GLFWwindow* window) {
  while (::access(environment("STUCK_SCREEN").data(), F_OK) == 0) ::usleep(10'000);
  real(glfwSwapBuffers, "glfwSwapBuffers")(window);
}

void glfwWindowHint(int hint, int value) {
  if (hint == kClientApi) client_api = value;
  real(glfwWindowHint, "glfwWindowHint")(hint, value);
}

GLFWwindow* glfwCreateWindow(int width, int height, const char* title, GLFWmonitor* monitor,
                             GLFWwindow* share) {
  const std::string_view missing = environment("NO_OPENGL");
  if (missing == "desktop" && client_api != kOpenGlEs) return nullptr;
  if (missing == "hardware" && environment("LIBGL_ALWAYS_SOFTWARE") != "1") return nullptr;
  return real(glfwCreateWindow, "glfwCreateWindow")(width, height, title, monitor, share);
}
