#include "app/gl_context.h"

#include <GLFW/glfw3.h>
#include <backends/imgui_impl_opengl2.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>
#include <stdlib.h>

#include <array>

namespace forkscope::app {

namespace {

struct Kind {
  int api;
  int major;
  int minor;
  int profile;
  const char* shading_language;
};

/// Best first. A driver may give more than it is asked for.
constexpr std::array kKinds{
    Kind{GLFW_OPENGL_API, 3, 2, GLFW_OPENGL_CORE_PROFILE, "#version 150"},
    Kind{GLFW_OPENGL_API, 3, 0, GLFW_OPENGL_ANY_PROFILE, "#version 130"},
    Kind{GLFW_OPENGL_API, 1, 1, GLFW_OPENGL_ANY_PROFILE, nullptr},
    Kind{GLFW_OPENGL_ES_API, 3, 0, GLFW_OPENGL_ANY_PROFILE, "#version 300 es"},
};

GLFWwindow* open_window(const Kind& kind, int width, int height, SizeIn unit, const char* title) {
  glfwWindowHint(GLFW_CLIENT_API, kind.api);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, kind.major);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, kind.minor);
  glfwWindowHint(GLFW_OPENGL_PROFILE, kind.profile);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT,
                 kind.profile == GLFW_OPENGL_CORE_PROFILE ? GLFW_TRUE : GLFW_FALSE);
  glfwWindowHint(GLFW_VISIBLE, GLFW_FALSE);
  glfwWindowHint(GLFW_SCALE_TO_MONITOR, unit == SizeIn::screen_units ? GLFW_TRUE : GLFW_FALSE);
  // On the full screen it stays there while its user types into a terminal on another one.
  glfwWindowHint(GLFW_AUTO_ICONIFY, GLFW_FALSE);
  return glfwCreateWindow(width, height, title, nullptr, nullptr);
}

std::string gl_text(GLenum name) {
  const auto* text = reinterpret_cast<const char*>(glGetString(name));
  return text != nullptr ? text : "?";
}

}  // namespace

GlContext GlContext::open(int width, int height, SizeIn unit, const char* title) {
  GlContext context;
  for (const bool software : {false, true}) {
    if (software) {  // Mesa asks with each connection to a display (docs.mesa3d.org/envvars.html)
      ::setenv("LIBGL_ALWAYS_SOFTWARE", "1", 1);
      ::setenv("__GLX_VENDOR_LIBRARY_NAME", "mesa", 1);
      glfwTerminate();
      if (!glfwInit()) return context;
    }
    for (const Kind& kind : kKinds) {
      context.window_ = open_window(kind, width, height, unit, title);
      context.shading_language_ = kind.shading_language;
      const bool best = &kind == kKinds.data();
      context.means_ = software ? Means::software : best ? Means::expected : Means::lesser;
      if (context.window_ != nullptr) return context;
      if (context.reason_.empty()) {
        const char* text = nullptr;
        glfwGetError(&text);
        context.reason_ = text != nullptr ? text : "unknown reason";
      }
    }
  }
  return context;
}

void GlContext::start_drawing() const {
  if (shading_language_ != nullptr) {
    ImGui_ImplOpenGL3_Init(shading_language_);
  } else {
    ImGui_ImplOpenGL2_Init();
  }
}

void GlContext::stop_drawing() const {
  shading_language_ != nullptr ? ImGui_ImplOpenGL3_Shutdown() : ImGui_ImplOpenGL2_Shutdown();
}

void GlContext::new_frame() const {
  shading_language_ != nullptr ? ImGui_ImplOpenGL3_NewFrame() : ImGui_ImplOpenGL2_NewFrame();
}

void GlContext::draw(ImDrawData* data) const {
  if (shading_language_ != nullptr) {
    ImGui_ImplOpenGL3_RenderDrawData(data);
  } else {
    ImGui_ImplOpenGL2_RenderDrawData(data);
  }
}

void GlContext::renew_fonts() const {
#if IMGUI_VERSION_NUM < 19200  // later versions notice by themselves
  if (shading_language_ != nullptr) {
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
  } else {
    ImGui_ImplOpenGL2_DestroyFontsTexture();
    ImGui_ImplOpenGL2_CreateFontsTexture();
  }
#endif
}

std::string GlContext::remark() const {
  if (means_ == Means::expected) return {};
  const std::string version = gl_text(GL_VERSION);
  return std::string(means_ == Means::software ? "no OpenGL of the graphics card to be had"
                                               : "no OpenGL 3.2 to be had") +
         ": drawn with " + (version.starts_with("OpenGL") ? version : "OpenGL " + version) +
         " by " + gl_text(GL_RENDERER);
}

}  // namespace forkscope::app
