// Another way to share the port, for whoever has no more than a browser: what `ctl balance` does
// from a terminal. Like the faults only where they are, and only for whoever means it (intent.h).
#pragma once

#include <httplib.h>

#include <functional>

#include "forkscope/telemetry/segment_view.h"

namespace forkscope::api {

/// /v1/balance: GET tells who takes new connections, POST ?policy=NAME asks the primary for another
/// policy. It answers with 202, since the primary decides: what became of it is told by GET, by
/// whichever worker, and a refusal is in the log. Borrows `telemetry`; `ask` never waits, and is
/// false where the primary has no time to listen: then 503.
void add_balance_route(httplib::Server& server, const telemetry::SegmentView& telemetry,
                       std::function<bool(telemetry::BalancePolicy)> ask);

}  // namespace forkscope::api
