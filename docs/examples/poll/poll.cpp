// A poll that a class can vote in: a complete application of its own in one file.
//
//   GET  /v1/poll            the votes so far
//   POST /v1/poll/{choice}   one vote more; a choice is a word of up to 20 small letters
//
// Votes are in SQLite, because workers share no memory. What a worker keeps in memory shows why:
// `counted_here` is another number in each worker, and starts at 0 whenever one is replaced.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "api/application.h"
#include "api/faults.h"
#include "api/metrics.h"
#include "api/problem.h"
#include "api/resource.h"
#include "api/status.h"
#include "application/log.h"
#include "store/schema.h"
#include "store/write_turn.h"

namespace forkscope::api {
namespace {

constexpr const char* kCreateTable =
    "CREATE TABLE IF NOT EXISTS votes (choice TEXT PRIMARY KEY, count INTEGER NOT NULL)";
constexpr const char* kVote =
    "INSERT INTO votes VALUES (?, 1) ON CONFLICT (choice) DO UPDATE SET count = count + 1";

class Poll final : public gateway::Application {
 public:
  explicit Poll(const ApplicationContext& context)
      : context_(context),
        path_(store::checked_database_path(context.database)),
        database_(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                  static_cast<int>(store::kReadPatience.count())),
        turn_(store::turn_path(path_)) {
    // All workers start at once, and one of them creates the table.
    while (!turn_.try_take()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    database_.exec("PRAGMA journal_mode = WAL");  // readers never wait for a writer
    database_.exec(kCreateTable);
    turn_.release();
  }

  void add_routes(httplib::Server& server) override {
    using httplib::Request;
    using httplib::Response;
    explain_errors(server);
    add_resource(server, "/v1/poll",
                 {{Method::get, [this](const Request&, Response& res) { show(res); }}});
    add_resource(
        server, "/v1/poll/([a-z]{1,20})",
        {{Method::post, [this](const Request& req, Response& res) { vote(req.matches[1], res); }}});
    // What the todos have as well: readiness, /v1/workers, /metrics, and something to break.
    add_status_routes(server, {*context_.telemetry, [] {}, context_.draining});
    add_metrics_route(server, *context_.telemetry);
    if (context_.faults_enabled) add_fault_routes(server);
  }

  // Votes that arrive together share a transaction, and each is answered after the COMMIT.
  bool writes(std::string_view method, std::string_view path) const override {
    return method == "POST" && path.starts_with("/v1/poll/");
  }
  bool begin_writes() override {
    if (!turn_.try_take()) return false;
    if (database_.tryExec("BEGIN IMMEDIATE") == SQLite::OK) return true;
    turn_.release();
    return false;  // to be tried again; after five seconds the gateway answers with 503
  }
  std::optional<gateway::CommitFailure> commit_writes() override {
    const bool committed = database_.tryExec("COMMIT") == SQLite::OK;
    const std::string reason = database_.getErrorMsg();
    if (!committed) database_.tryExec("ROLLBACK");
    turn_.release();
    if (committed) return std::nullopt;
    return gateway::CommitFailure{503, "The votes could not be stored: " + reason + "."};
  }

 private:
  void show(httplib::Response& res) {
    auto votes = nlohmann::ordered_json::object();
    SQLite::Statement all(database_, "SELECT choice, count FROM votes ORDER BY choice");
    while (all.executeStep()) votes[all.getColumn(0).getString()] = all.getColumn(1).getInt64();
    const nlohmann::ordered_json body = {{"votes", votes}, {"counted_here", counted_here_}};
    res.set_content(body.dump(), "application/json");
  }

  void vote(const std::string& choice, httplib::Response& res) {
    SQLite::Statement vote(database_, kVote);
    vote.bind(1, choice);
    vote.exec();
    if (counted_here_++ == 0) log_line(LogLevel::info, "the first vote here: " + choice);
    show(res);
  }

  ApplicationContext context_;
  std::string path_;
  SQLite::Database database_;
  store::WriteTurn turn_;
  std::int64_t counted_here_ = 0;  ///< By this process: its successor knows nothing of it.
};

}  // namespace

std::unique_ptr<gateway::Application> make_application(const ApplicationContext& context) {
  return std::make_unique<Poll>(context);
}

}  // namespace forkscope::api
