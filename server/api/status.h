// How the server is doing.
//
//   GET /v1/workers   the process list and what was lost, from telemetry: any worker tells for all
//   GET /livez        200 as long as a worker answers at all; asks nobody
//   GET /readyz       200 when requests can be served; 503 while draining or without a store
#pragma once

#include <httplib.h>

#include <functional>

#include "forkscope/telemetry/segment_view.h"

namespace forkscope::api {

struct StatusSources {
  const telemetry::SegmentView& telemetry;  ///< Outlives the server.
  std::function<void()> check_store;        ///< Throws StoreError when it cannot be used now.
  std::function<bool()> draining;
};

void add_status_routes(httplib::Server& server, const StatusSources& sources);

}  // namespace forkscope::api
