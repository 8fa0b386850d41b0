#include "gateway/request_runner.h"

#include <utility>

#include "forkscope/telemetry/names.h"
#include "http/own_response.h"

namespace forkscope::gateway {

namespace {

/// Behind the status line of its response.
void add_line(Connection& connection, std::string_view line) {
  std::string& output = connection.output();
  output.insert(output.find('\n', connection.exchange().response_begin()) + 1, line);
}

}  // namespace

RequestRunner::RequestRunner(Application& application, const WorkerIdentity& identity,
                             int listening_socket, telemetry::SlotWriter& slot,
                             const protection::Ledger& ledger, OnCall& on_call, ThrownTo thrown_to)
    : RequestRunner(application, application.common_fields(), identity, listening_socket, slot,
                    ledger, on_call, std::move(thrown_to)) {}

RequestRunner::RequestRunner(Application& application, const HeaderFields& common_fields,
                             const WorkerIdentity& identity, int listening_socket,
                             telemetry::SlotWriter& slot, const protection::Ledger& ledger,
                             OnCall& on_call, ThrownTo thrown_to)
    : application_(application),
      slot_(slot),
      ledger_(ledger),
      on_call_(on_call),
      thrown_to_(std::move(thrown_to)),
      bridge_(application, common_fields, identity, listening_socket),
      common_lines_(common_lines(identity, common_fields)) {}

void RequestRunner::begin_reads() { cache_.renew(application_.begin_reads()); }

bool RequestRunner::reads(Connection& connection) const {
  const http::FramedRequest& request = connection.framer().request();
  return request.method == "GET" && application_.reads(request.path);
}

bool RequestRunner::writes(Connection& connection) const {
  const http::FramedRequest& request = connection.framer().request();
  return application_.writes(request.method, request.path);
}

void RequestRunner::begin(Connection& connection, std::uint64_t now_ns) {
  const http::FramedRequest& request = connection.framer().request();
  connection.exchange().begin(slot_.begin_request(now_ns, telemetry::method_of(request.method),
                                                  request.path, connection.id()),
                              connection.output().size());
  connection.line().begin(connection.pipelined_bytes(), may_run_again(connection));
}

bool RequestRunner::may_run_again(Connection& connection) const {
  const http::FramedRequest& request = connection.framer().request();
  return reads(connection) || application_.may_run_again(request.method, request.path);
}

bool RequestRunner::handle(Connection& connection) {
  http::FramedRequest& request = connection.framer().request();
  const bool cacheable = ResponseCache::suits(request) && reads(connection);
  if (cacheable && cache_.append_to(connection.output(), request, date_.value())) {
    connection.exchange().answered(200);
    return true;
  }
  HttpBridge::Outcome outcome;
  const bool is_ours = run(connection, outcome);
  connection.exchange().answered(outcome.status);
  if (outcome.thrown) {
    slot_.exception();
    thrown_to_(
        {connection.exchange().request().record.id, request.method, request.path, *outcome.thrown});
  }
  if (cacheable && outcome.status == 200) {
    cache_.store(connection.response(), date_.value());
  }
  return is_ours;
}

/// While a handler runs it touches nothing but its request, unless it has the turn to write.
bool RequestRunner::run(Connection& connection, HttpBridge::Outcome& outcome) {
  const bool writes = connection.state() == Connection::State::uncommitted;
  on_call_.find_others(connection.exchange().request().start_ns);  // it may hang
  if (writes) {
    ledger_.write(connection.fd());
  } else {
    ledger_.handle(connection.fd());
  }
  outcome = bridge_.handle(connection.framer().request(), connection.peer_address(),
                           connection.peer_port(), date_.value(), connection.output());
  if (!writes) return ledger_.go_on();
  ledger_.write();
  connection.line().uncommitted();
  return true;
}

void RequestRunner::end(Connection& connection, AfterResponse after, std::uint64_t now_ns) {
  Exchange& exchange = connection.exchange();
  exchange.end(after);
  // What may not run again can be answered again, with the same bytes.
  const bool is_whole = connection.framer().phase() == http::RequestFramer::Phase::complete;
  if (is_whole && !connection.line().may_run_again()) {
    connection.line().prepared(connection.response(), exchange.status());
  }
  if (after == AfterResponse::close) {
    add_line(connection, "Connection: close\r\n");
  } else if (connection.framer().request().minor_version == 0) {
    add_line(connection, "Connection: keep-alive\r\n");
  }
  connection.line().answer(connection.output().size(), after == AfterResponse::close);
  slot_.end_request(exchange.request(), now_ns, static_cast<std::uint32_t>(exchange.status()),
                    connection.response().size());
}

void RequestRunner::answer_with_problem(Connection& connection, int status, std::string_view detail,
                                        std::string_view extra_fields) {
  connection.exchange().answered(status);
  connection.output().resize(connection.exchange().response_begin());
  std::string lines = common_lines_;
  lines += extra_fields;
  connection.output() += http::problem_response(status, detail, date_.value(), lines);
}

}  // namespace forkscope::gateway
