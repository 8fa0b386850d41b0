#include "api/balance.h"

#include <string>
#include <utility>

#include "api/intent.h"
#include "api/problem.h"
#include "api/resource.h"
#include "forkscope/telemetry/names.h"

namespace forkscope::api {
namespace {

void set_policy(httplib::Response& res, telemetry::BalancePolicy policy) {
  res.set_content("{\"balance\":\"" + std::string(to_string(policy)) + "\"}", "application/json");
}

}  // namespace

void add_balance_route(httplib::Server& server, const telemetry::SegmentView& telemetry,
                       std::function<bool(telemetry::BalancePolicy)> ask) {
  const auto tell = [&telemetry](const httplib::Request&, httplib::Response& res) {
    const auto beat = telemetry.beat();
    if (!beat) return set_problem(res, {503, "The primary has not said it yet.", {}});
    res.set_header("Cache-Control", "no-store");
    set_policy(res, static_cast<telemetry::BalancePolicy>(beat->balance));
  };
  const auto choose = [ask = std::move(ask)](const httplib::Request& req, httplib::Response& res) {
    if (answer_if_not_meant(req, res)) return;
    const std::string name = req.get_param_value("policy");
    const std::string wrong = telemetry::check_balance_policy(name);
    if (!wrong.empty()) {
      return set_problem(
          res, {400, "The query has a parameter that cannot be used.", {{"policy", wrong}}});
    }
    const telemetry::BalancePolicy policy = *telemetry::balance_policy(name);
    if (!ask(policy)) return set_problem(res, {503, "The primary does not listen now.", {}});
    res.status = 202;
    set_policy(res, policy);
  };
  add_resource(server, "/v1/balance", {{Method::get, tell}, {Method::post, choose}});
}

}  // namespace forkscope::api
