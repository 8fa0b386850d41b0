#include "api/status.h"

#include "api/problem.h"
#include "api/resource.h"
#include "forkscope/telemetry/clock.h"
#include "forkscope/telemetry/status_json.h"

namespace forkscope::api {
namespace {

void set_json(httplib::Response& res, const std::string& body) {
  res.set_header("Cache-Control", "no-store");
  res.set_content(body, "application/json");
}

void report_readiness(const StatusSources& sources, httplib::Response& res) {
  if (sources.draining()) {
    return set_problem(res, {503, "This worker is draining: it is about to stop.", {}});
  }
  try {
    sources.check_store();
  } catch (const store::StoreError& error) {
    return set_problem(res, error);
  }
  set_json(res, R"({"status":"ready"})");
}

}  // namespace

void add_status_routes(httplib::Server& server, const StatusSources& sources) {
  using httplib::Request;
  using httplib::Response;

  const auto workers = [sources](const Request&, Response& res) {
    set_json(res, telemetry::status_json(sources.telemetry, telemetry::now_ns()).dump());
  };
  const auto livez = [](const Request&, Response& res) { set_json(res, R"({"status":"live"})"); };
  const auto readyz = [sources](const Request&, Response& res) { report_readiness(sources, res); };

  add_resource(server, "/v1/workers", {{Method::get, workers}});
  add_resource(server, "/livez", {{Method::get, livez}});
  add_resource(server, "/readyz", {{Method::get, readyz}});
}

}  // namespace forkscope::api
