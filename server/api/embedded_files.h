// Files of this folder that are compiled into the program: the page at `/` and the description of
// the API. The source is written at build time, by cmake/EmbedFiles.cmake.
#pragma once

#include <string>
#include <string_view>

namespace forkscope::api {

/// The content of one of the files that CMakeLists.txt embeds, by its path in this folder.
const std::string& embedded_file(std::string_view name);

}  // namespace forkscope::api
