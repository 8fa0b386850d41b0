#include "live/program_name.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace forkscope::live {

namespace fs = std::filesystem;

namespace {

/// Whether a shell that looks through `path` comes to this file first.
bool is_found_by(std::string_view path, const fs::path& executable) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const fs::path candidate = fs::path(path.substr(begin, end - begin)) / executable.filename();
    begin = end + 1;
    std::error_code error;
    if (fs::exists(candidate, error)) return fs::equivalent(candidate, executable, error);
  }
  return false;
}

/// As one word of a shell.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+";
  if (word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + '\'';
}

std::string name_here(const fs::path& executable) {
  std::error_code error;
  const fs::path directory = fs::current_path(error);
  const char* path = std::getenv("PATH");
  return program_name(executable, error ? "/" : directory.string(), path ? path : "");
}

}  // namespace

std::string program_name(const std::string& executable, const std::string& directory,
                         std::string_view path) {
  const fs::path program(executable);
  if (is_found_by(path, program)) return quoted(program.filename());
  const fs::path relative = program.lexically_relative(directory);
  if (relative.empty() || *relative.begin() == "..") return quoted(executable);
  // A shell looks for a name without a slash elsewhere.
  return quoted(relative.has_parent_path() ? relative : "./" / relative);
}

std::string program_of(std::uint32_t pid) {
  std::error_code error;
  const fs::path link = fs::path("/proc") / std::to_string(pid) / "exe";
  std::string executable = fs::read_symlink(link, error);
  if (error) return {};
  // Of a file that was built anew meanwhile (proc(5)): the new one does as well.
  constexpr std::string_view kDeleted = " (deleted)";
  if (executable.ends_with(kDeleted)) executable.resize(executable.size() - kDeleted.size());
  return name_here(executable);
}

std::string server_program() {
  constexpr const char* kServer = "todos-server";
  std::error_code error;
  const fs::path beside = fs::read_symlink("/proc/self/exe", error).replace_filename(kServer);
  return fs::exists(beside, error) ? name_here(beside) : kServer;
}

}  // namespace forkscope::live
