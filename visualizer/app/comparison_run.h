// The ways to share a port compared without a window, for a file.
#pragma once

#include <string>

#include "session/session.h"

namespace forkscope::app {

/// Takes a minute or two, of which it tells on stderr; ends early at SIGINT and SIGTERM. The way
/// that was there is put back. What was measured is written to `path` as Markdown. Returns the
/// process's exit code: 1 where there is no such server, or it was not measured to the end.
int write_comparison(const session::SessionOptions& options, const std::string& path);

}  // namespace forkscope::app
