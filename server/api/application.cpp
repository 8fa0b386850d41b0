#include "api/application.h"

#include <httplib.h>

#include "api/balance.h"
#include "api/cors.h"
#include "api/direct_routes.h"
#include "api/faults.h"
#include "api/metrics.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/status.h"
#include "api/todos.h"
#include "store/todo_store.h"

namespace forkscope::api {
namespace {

std::optional<gateway::CommitFailure> commit_failure(
    const std::optional<store::StoreError>& error) {
  if (!error) return std::nullopt;
  return gateway::CommitFailure{http_status(error->kind()), error->what()};
}

class TodosApplication final : public gateway::Application {
 public:
  explicit TodosApplication(const ApplicationContext& context)
      : context_(context),
        store_(store::TodoStore::open(context.database, context.heirlooms, context.wake)),
        for_successors_(store_.for_successors()) {}

  void add_routes(httplib::Server& server) override {
    answer_preflights(server);
    explain_errors(server);
    add_todo_routes(server, direct_routes_, store_);
    add_status_routes(server, {*context_.telemetry, [this] { store_.check(); }, context_.draining});
    add_metrics_route(server, *context_.telemetry);
    add_page_routes(server);
    if (context_.faults_enabled) {
      add_fault_routes(server);
      add_balance_route(server, *context_.telemetry, context_.ask_for_balance);
    }
  }

  const Handler* handler_of(std::string_view method, std::string_view path) const override {
    return direct_routes_.find(method, path);
  }

  bool starts_programs() const override { return false; }

  gateway::HeaderFields common_fields() const override { return cross_origin_fields(); }

  std::vector<int> heirlooms() const override {
    std::vector<int> descriptors;
    for (const os::UniqueFd& fd : for_successors_) descriptors.push_back(fd.get());
    return descriptors;
  }

  bool writes(std::string_view method, std::string_view path) const override {
    return is_todo_path(path) &&
           (method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE");
  }

  bool may_run_again(std::string_view method, std::string_view path) const override {
    return writes(method, path);
  }
  std::uint64_t announce_commit() override { return store_.announce_commit(); }
  std::optional<bool> was_kept(std::uint64_t batch) const override {
    return store_.was_kept(batch);
  }
  void adopt_commit(std::uint64_t number) override { store_.adopt_commit(number); }

  bool begin_writes() override { return store_.begin_writes(); }

  std::optional<gateway::CommitFailure> commit_writes() override {
    return commit_failure(store_.commit_writes());
  }
  bool begin_flush() override { return store_.begin_flush(); }
  std::optional<gateway::CommitFailure> flush_writes() override {
    return commit_failure(store_.flush_writes());
  }

  bool reads(std::string_view path) const override { return is_todo_path(path); }
  std::uint64_t begin_reads() override { return store_.begin_reads(); }
  void end_reads() override { store_.end_reads(); }

 private:
  ApplicationContext context_;
  store::TodoStore store_;
  DirectRoutes direct_routes_;
  std::vector<os::UniqueFd> for_successors_;
};

}  // namespace

About about() { return {.database = "todos.db"}; }

std::unique_ptr<gateway::Application> make_application(const ApplicationContext& context) {
  try {
    return std::make_unique<TodosApplication>(context);
  } catch (const store::StoreError& error) {
    if (error.kind() == store::StoreError::Kind::unusable) throw;
    throw gateway::NotYet(error.what());
  }
}

}  // namespace forkscope::api
