// How a shell here starts the program that a process runs: for lines that are shown to be typed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace forkscope::live {

/// Its bare name where the shell finds that very file by `path` ($PATH); relative to `directory`
/// where it lies beneath; otherwise the whole path. `executable` and `directory` are absolute.
std::string program_name(const std::string& executable, const std::string& directory,
                         std::string_view path);

/// The same of a process that runs, for this one's directory and $PATH. Empty: it cannot be known,
/// as of another user's process. Reads /proc: not for every frame.
std::string program_of(std::uint32_t pid);

/// The todos-server beside this very program; its bare name where there is none.
std::string server_program();

}  // namespace forkscope::live
