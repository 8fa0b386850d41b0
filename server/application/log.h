// A line for the server's log, from a route or from anything else of an application:
//
//   log_line(LogLevel::warning, "the printer is out of paper");
//
// In a worker the primary writes it to its log, with the worker's number and pid in front. It never
// waits: what is too much in a second, or more than the primary can take, is left out, and the log
// and `/metrics` say how much that was (child/voice.h). Where there is no worker around it, as in a
// unit test of routes, it goes to stderr.
//
// Any thread may call, and a process that a handler has forked.
#pragma once

#include <functional>
#include <string_view>

namespace forkscope {

enum class LogLevel { info, warning, error };

/// `line` is UTF-8, and one line: a line end in it becomes a blank. About 1,000 bytes of it are
/// kept.
void log_line(LogLevel level, std::string_view line);

using LogSink = std::function<void(LogLevel level, std::string_view line)>;

/// Where lines go from now on; null: to stderr. By the worker, before there is an application or
/// another thread.
void send_log_to(LogSink sink);

}  // namespace forkscope
