// Reading files of /proc, which may be gone at any moment.
#pragma once

#include <fstream>
#include <string>

namespace forkscope::live {

/// All of it. Empty where it cannot be read, as of a process that has just ended: then even an open
/// file fails with ESRCH (proc(5)), which an iterator over the stream would throw.
inline std::string read_proc_file(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  std::getline(file, text, '\0');
  return text;
}

}  // namespace forkscope::live
