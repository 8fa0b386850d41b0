// GET /metrics: all workers in the text format of Prometheus, from telemetry. Any worker answers
// for all of them, so one scrape of the port is enough.
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <httplib.h>

#include <string>

#include "forkscope/telemetry/segment_view.h"

namespace forkscope::api {

std::string prometheus_text(const telemetry::SegmentView& view, std::uint64_t now_ns);

/// `view` outlives the server.
void add_metrics_route(httplib::Server& server, const telemetry::SegmentView& view);

}  // namespace forkscope::api
