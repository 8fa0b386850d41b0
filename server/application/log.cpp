#include "application/log.h"

#include <cstdio>
#include <string>
#include <utility>

namespace forkscope {

namespace {

LogSink& sink() {
  static LogSink sink;
  return sink;
}

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: break;
  }
  return "error";
}

}  // namespace

void send_log_to(LogSink to) { sink() = std::move(to); }

void log_line(LogLevel level, std::string_view line) {
  if (sink()) return sink()(level, line);
  const std::string text = std::string(name_of(level)) + ": " + std::string(line) + '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace forkscope
