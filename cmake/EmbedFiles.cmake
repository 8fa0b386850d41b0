# Run at build time: cmake -DOUTPUT=files.cpp -DFILES=a.html,b.css -DDIRECTORY=… -P EmbedFiles.cmake
# Writes a source that defines `embedded_file(name)` for files of text, so that the program can
# serve them from memory.
string(REPLACE "," ";" files "${FILES}")
set(entries "")
foreach(file IN LISTS files)
  file(READ "${DIRECTORY}/${file}" text)
  if(text MATCHES "\\)embedded\"")
    message(FATAL_ERROR "${file} contains the mark that ends an embedded file")
  endif()
  string(APPEND entries "    {\"${file}\", R\"embedded(${text})embedded\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"api/embedded_files.h\"

#include <map>
#include <string>

namespace forkscope::api {

const std::string& embedded_file(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> files = {
${entries}  };
  return files.find(name)->second;
}

}  // namespace forkscope::api
")
