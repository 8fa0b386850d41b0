// The visualizer on a terminal: for SSH, for machines without a display, for scripts.
#pragma once

#include "session/session.h"

namespace forkscope::text {

/// Runs until INT or TERM: a table that is redrawn in place four times per second, or, where
/// standard output is no terminal or a dumb one, one line per event. It waits for a server to
/// appear. Of a recording, the lines end with it.
///
/// `once`: prints one JSON object (snapshot_json.h) and returns; of a recording that of the moment
/// it stands at, or of its end.
///
/// Returns the process's exit code: 0, or 1 with a line on standard error when `once` finds no
/// server. Throws RecordingError.
int run_text(const session::SessionOptions& options, bool once);

}  // namespace forkscope::text
