#include "api/metrics.h"

#include <array>
#include <cstdio>
#include <iterator>
#include <vector>

#include "api/resource.h"
#include "forkscope/telemetry/histogram.h"
#include "forkscope/telemetry/names.h"
#include "forkscope/telemetry/worker_report.h"

namespace forkscope::api {
namespace {

using telemetry::WorkerReport;
using telemetry::WorkerState;

constexpr std::array kStates = {WorkerState::starting, WorkerState::idle,     WorkerState::busy,
                                WorkerState::hung,     WorkerState::aborting, WorkerState::draining,
                                WorkerState::dead,     WorkerState::backoff};

// Bounds of the duration's buckets: powers of two, 4 µs to 34 s. They are bounds of the segment's
// finer buckets as well, so nothing is estimated.
constexpr std::uint32_t kFirstBoundBit = 12;
constexpr std::uint32_t kLastBoundBit = 35;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

/// The text, metric by metric: the format wants all samples of a metric together.
class Exposition {
 public:
  Exposition(const telemetry::SegmentView& view, std::vector<WorkerReport> workers)
      : view_(view), workers_(std::move(workers)) {}

  void metric(const std::string& name, const char* type, const char* help) {
    name_ = name;
    text += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  }
  void sample(const std::string& labels, std::uint64_t value, const char* suffix = "") {
    sample(labels, std::to_string(value), suffix);
  }
  void sample(const std::string& labels, const std::string& value, const char* suffix = "") {
    text += name_ + suffix;
    if (!labels.empty()) text += "{" + labels + "}";
    text += " " + value + "\n";
  }

  /// One sample per worker.
  template <typename Value>
  void per_worker(const std::string& name, const char* type, const char* help, Value value) {
    metric(name, type, help);
    for (const WorkerReport& worker : workers_) {
      sample(label(worker), value(worker, view_.counters(worker.number - 1)));
    }
  }

  void protection(const telemetry::BeatRecord& beat) {
    metric("forkscope_protection", "gauge", "1 while connections outlive their worker.");
    sample("", std::uint64_t{static_cast<telemetry::Protection>(beat.protection) ==
                             telemetry::Protection::on});
    metric("forkscope_connections_moved_total", "counter",
           "Connections that went on at another worker, because theirs hung, crashed, drained, or "
           "had more than others.");
    for (std::uint32_t i = 0; i < std::size(beat.moved); ++i) {
      const auto reason = static_cast<telemetry::MoveReason>(i + 1);
      sample("reason=\"" + std::string(to_string(reason)) + "\"", std::uint64_t{beat.moved[i]});
    }
  }

  void requests() {
    metric("http_requests_total", "counter", "Responses by class of status, over all generations.");
    for (const WorkerReport& worker : workers_) {
      const telemetry::Counters counters = view_.counters(worker.number - 1);
      for (std::size_t i = 0; i < std::size(counters.responses); ++i) {
        sample(label(worker) + ",code=\"" + std::to_string(i + 1) + "xx\"", counters.responses[i]);
      }
    }
  }

  void states() {
    metric("forkscope_worker_state", "gauge", "1 for the state that the worker is in.");
    for (const WorkerReport& worker : workers_) {
      for (const WorkerState state : kStates) {
        sample(label(worker) + ",state=\"" + std::string(to_string(state)) + "\"",
               std::uint64_t{worker.state == state});
      }
    }
  }

  void durations() {
    metric("http_request_duration_seconds", "histogram",
           "From the start of the handler to the response; the sum is exact to 4 %.");
    std::vector<std::uint64_t> counts;
    for (const WorkerReport& worker : workers_) {
      view_.histogram(worker.number - 1, counts);
      duration(label(worker), counts);
    }
  }

  std::string text;

 private:
  static std::string label(const WorkerReport& worker) {
    return "worker=\"" + std::to_string(worker.number) + "\"";
  }

  void duration(const std::string& worker, const std::vector<std::uint64_t>& counts) {
    std::uint64_t total = 0;
    double sum_ns = 0;
    std::uint32_t bucket = 0;
    const auto add_up_to = [&](std::uint32_t end) {
      for (; bucket < end; ++bucket) {
        total += counts[bucket];
        const auto low = static_cast<double>(telemetry::histogram_lower_bound_ns(bucket));
        const auto high = static_cast<double>(telemetry::histogram_lower_bound_ns(bucket + 1));
        sum_ns += static_cast<double>(counts[bucket]) * (low + high) / 2;
      }
    };
    for (std::uint32_t bit = kFirstBoundBit; bit <= kLastBoundBit; ++bit) {
      const std::uint64_t bound_ns = std::uint64_t{1} << bit;
      add_up_to(telemetry::histogram_bucket(bound_ns));
      sample(worker + ",le=\"" + number(static_cast<double>(bound_ns) / 1e9) + "\"", total,
             "_bucket");
    }
    add_up_to(static_cast<std::uint32_t>(counts.size()));
    sample(worker + ",le=\"+Inf\"", total, "_bucket");
    sample(worker, number(sum_ns / 1e9), "_sum");
    sample(worker, total, "_count");
  }

  const telemetry::SegmentView& view_;
  std::vector<WorkerReport> workers_;
  std::string name_;
};

}  // namespace

std::string prometheus_text(const telemetry::SegmentView& view, std::uint64_t now_ns) {
  using telemetry::Counters;
  Exposition out(view, telemetry::report_workers(view, now_ns));

  out.metric("forkscope_build_info", "gauge", "The program that runs; always 1.");
  out.sample("version=\"" FORKSCOPE_VERSION "\"", std::uint64_t{1});
  if (const auto beat = view.beat()) {
    out.metric("forkscope_workers_target", "gauge", "How many workers there should be.");
    out.sample("", beat->target_workers);
    out.metric("forkscope_balance_info", "gauge", "Who takes new connections; always 1.");
    out.sample("policy=\"" +
                   std::string(to_string(static_cast<telemetry::BalancePolicy>(beat->balance))) +
                   "\"",
               std::uint64_t{1});
    out.protection(*beat);
  }
  out.requests();
  out.durations();
  out.states();
  out.per_worker("forkscope_worker_respawns_total", "counter", "Processes after the first one.",
                 [](const WorkerReport& w, const Counters&) { return w.respawns; });
  out.per_worker("forkscope_worker_hangs_total", "counter", "Times the worker was declared hung.",
                 [](const WorkerReport& w, const Counters&) { return w.hangs; });
  out.per_worker("forkscope_worker_requests_abandoned_total", "counter",
                 "Requests lost with their worker: connections that broke with one outstanding.",
                 [](const WorkerReport&, const Counters& c) { return c.abandoned; });
  out.per_worker("forkscope_worker_exceptions_total", "counter",
                 "Requests whose handler threw; each was answered with 500.",
                 [](const WorkerReport&, const Counters& c) { return c.exceptions; });
  out.per_worker("forkscope_worker_log_lines_dropped_total", "counter",
                 "Lines of the application that are not in the log: too many in a second.",
                 [](const WorkerReport&, const Counters& c) { return c.log_lines_dropped; });
  out.per_worker("forkscope_worker_uptime_seconds", "gauge", "Age of the worker's process.",
                 [](const WorkerReport& w, const Counters&) {
                   return number(static_cast<double>(w.uptime_ns) / 1e9);
                 });
  out.per_worker("forkscope_worker_connections", "gauge", "Open client connections.",
                 [](const WorkerReport&, const Counters& c) { return c.connections_open; });
  out.per_worker(
      "forkscope_worker_queue_length", "gauge",
      "Connections that wait in the worker's own queue, under hash and random.",
      [](const WorkerReport& w, const Counters&) { return std::uint64_t{w.queue_length}; });
  out.per_worker("forkscope_worker_connections_accepted_total", "counter",
                 "Accepted client connections.",
                 [](const WorkerReport&, const Counters& c) { return c.connections_accepted; });
  out.per_worker("forkscope_worker_connection_limit_reached_total", "counter",
                 "Clients that found no room for their connection in any worker.",
                 [](const WorkerReport&, const Counters& c) { return c.limit_reached; });
  out.per_worker("forkscope_worker_writes_parked", "gauge",
                 "Requests that wait for their turn to write.",
                 [](const WorkerReport&, const Counters& c) { return c.writes_parked; });
  out.per_worker("forkscope_worker_writes_unflushed", "gauge",
                 "Committed writes that wait for the disk.",
                 [](const WorkerReport&, const Counters& c) { return c.writes_unflushed; });
  out.per_worker("http_received_bytes_total", "counter", "Bytes received from clients.",
                 [](const WorkerReport&, const Counters& c) { return c.bytes_received; });
  out.per_worker("http_sent_bytes_total", "counter", "Bytes sent to clients.",
                 [](const WorkerReport&, const Counters& c) { return c.bytes_sent; });
  return std::move(out.text);
}

void add_metrics_route(httplib::Server& server, const telemetry::SegmentView& view) {
  add_resource(server, "/metrics",
               {{Method::get, [&view](const httplib::Request&, httplib::Response& res) {
                   res.set_header("Cache-Control", "no-store");
                   res.set_content(prometheus_text(view, telemetry::now_ns()),
                                   "text/plain; version=0.0.4; charset=utf-8");
                 }}});
}

}  // namespace forkscope::api
