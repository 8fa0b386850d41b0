#include "app/fonts.h"

#include <imgui.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <string>

namespace forkscope::app {

namespace {

using views::Face;

/// Where distributions put DejaVu: Debian and Ubuntu, Fedora, Arch.
constexpr std::array kFolders{
    "/usr/share/fonts/truetype/dejavu",
    "/usr/share/fonts/dejavu-sans-fonts",
    "/usr/share/fonts/TTF",
    "/usr/local/share/fonts",
};

/// Latin, general punctuation (– … ·), arrows, the minus sign.
constexpr std::array<ImWchar, 9> kGlyphs{0x0020, 0x00FF, 0x2010, 0x2027, 0x2190,
                                         0x2193, 0x2212, 0x2212, 0};

std::string file_of(Face face) {
  const char* name = face == Face::bold   ? "DejaVuSans-Bold.ttf"
                     : face == Face::mono ? "DejaVuSansMono.ttf"
                                          : "DejaVuSans.ttf";
  for (const char* folder : kFolders) {
    std::string path = std::string(folder) + "/" + name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) return path;
  }
  return {};
}

ImFont* bake(ImFontAtlas& atlas, Face face, float size) {
  const std::string path = file_of(face);
  if (!path.empty()) {
    if (ImFont* font = atlas.AddFontFromFileTTF(path.c_str(), size, nullptr, kGlyphs.data())) {
      return font;
    }
  }
  ImFontConfig config;
  config.SizePixels = size;
  return atlas.AddFontDefault(&config);
}

}  // namespace

void load_fonts(views::Theme& theme) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  atlas.Clear();
  for (std::size_t i = 0; i < views::kTypeCount; ++i) {
    const float size =
        std::ceil(views::kTypes[i].size * theme.unit - 0.01F);  // whole pixels stay sharp
    theme.fonts[i] = {bake(atlas, views::kTypes[i].face, size), size};
  }
}

}  // namespace forkscope::app
