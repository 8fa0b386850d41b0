// Runs one request of a connection: telemetry before and after, and in between the answer from the
// response cache, from the application's routes, or, where those can't, a problem of our own.
//
// One per worker process, used by its event loop. Borrows all that it is given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "application/application.h"
#include "forkscope/telemetry/slot_writer.h"
#include "gateway/connection.h"
#include "gateway/http_bridge.h"
#include "gateway/on_call.h"
#include "gateway/response_cache.h"
#include "gateway/thrown.h"
#include "gateway/worker_identity.h"
#include "http/date_header.h"
#include "protection/ledger.h"

namespace forkscope::gateway {

class RequestRunner {
 public:
  RequestRunner(Application& application, const WorkerIdentity& identity, int listening_socket,
                telemetry::SlotWriter& slot, const protection::Ledger& ledger, OnCall& on_call,
                ThrownTo thrown_to);

  /// Once per iteration of the loop that answers anything.
  void renew_date() { date_.renew(); }

  /// Once per iteration that reads, after its requests have been received: requests that read
  /// are answered, by the cache or by their handlers, with what all processes have committed by
  /// now. They run before end_reads(), all others after it.
  void begin_reads();
  void end_reads() { application_.end_reads(); }

  bool reads(Connection& connection) const;
  bool writes(Connection& connection) const;
  /// Where its worker died before anything of it was kept.
  bool may_run_again(Connection& connection) const;

  // In this order, each once per request. The response is appended to the connection's output.
  void begin(Connection& connection, std::uint64_t now_ns);
  /// False: meanwhile the primary has taken all other connections of this worker (ledger.h).
  [[nodiscard]] bool handle(Connection& connection);
  /// Right before the response leaves, which is when it is decided what comes `after`, and said.
  void end(Connection& connection, AfterResponse after, std::uint64_t now_ns);

  /// Instead of handle(), or in place of the response that it gave. `extra_fields` are complete
  /// lines.
  void answer_with_problem(Connection& connection, int status, std::string_view detail,
                           std::string_view extra_fields = {});

 private:
  RequestRunner(Application& application, const HeaderFields& common_fields,
                const WorkerIdentity& identity, int listening_socket, telemetry::SlotWriter& slot,
                const protection::Ledger& ledger, OnCall& on_call, ThrownTo thrown_to);

  bool run(Connection& connection, HttpBridge::Outcome& outcome);

  Application& application_;
  telemetry::SlotWriter& slot_;
  const protection::Ledger& ledger_;
  OnCall& on_call_;
  ThrownTo thrown_to_;
  HttpBridge bridge_;
  ResponseCache cache_;
  http::DateHeader date_;
  std::string common_lines_;  ///< Of the responses that we give ourselves.
};

}  // namespace forkscope::gateway
