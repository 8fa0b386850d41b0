// The visualizer on a terminal: for SSH, for machines without a display, for scripts.
#pragma once

#include <cstdint>
#include <optional>

namespace forkscope::text {

/// Runs until INT or TERM: a table that is redrawn in place four times per second, or, where
/// standard output is no terminal, one line per event. It waits for a server to appear.
///
/// `once`: prints one JSON object and returns: the worker list as `/v1/workers` gives it, with
/// "server", "totals" and "cores" beside it.
///
/// Returns the process's exit code: 0, or 1 with a line on standard error when `once` finds no
/// server.
int run_text(std::optional<std::uint16_t> port, bool once);

}  // namespace forkscope::text
