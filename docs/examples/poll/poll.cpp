// A poll that a class can vote in: a complete application of its own in one file.
//
//   GET  /                   a page that asks for the votes twice a second
//   GET  /v1/poll            the votes so far
//   POST /v1/poll/{choice}   one vote more; a choice is a word of up to 20 small letters
//
// Votes are in SQLite, because workers share no memory. What a worker keeps in memory shows why:
// `counted_here` is another number in each worker, and starts at 0 whenever one is replaced.
//
// Where many look, nobody needs to ask the database each time: a worker tells the others of each
// vote that it has stored, before that is answered. So they know when to ask it, and, each as it
// has heard them, the latest votes.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <chrono>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/application.h"
#include "api/faults.h"
#include "api/metrics.h"
#include "api/problem.h"
#include "api/resource.h"
#include "api/status.h"
#include "application/log.h"
#include "bus/member.h"
#include "store/schema.h"
#include "store/write_turn.h"

namespace forkscope::api {
namespace {

constexpr const char* kCreateTable =
    "CREATE TABLE IF NOT EXISTS votes (choice TEXT PRIMARY KEY, count INTEGER NOT NULL)";
constexpr const char* kVote =
    "INSERT INTO votes VALUES (?, 1) ON CONFLICT (choice) DO UPDATE SET count = count + 1";

/// No event comes to it by itself: our gateway has no server-sent events, and a handler that waits
/// for one would be a hang.
constexpr const char* kPage = R"(<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Poll</title><link rel="icon" href="data:,">
<form id="form"><input id="word" pattern="[a-z]{1,20}" required> <button>Vote</button></form>
<pre id="votes"></pre>
<script>
async function show() {
  const poll = await (await fetch('v1/poll')).json();
  const lines = Object.entries(poll.votes).map(([choice, count]) => `${count} ${choice}`);
  votes.textContent = [...lines, '', ...poll.latest].join('\n');
}
form.onsubmit = (event) => {
  event.preventDefault();
  fetch('v1/poll/' + word.value, {method: 'POST'}).then(show);
};
show();
setInterval(() => show().catch(() => {}), 500);
</script>
)";

constexpr std::size_t kLatest = 5;

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
    // For the one before us, which may have died between its COMMIT and its message.
    tell({""});
  }

  void add_routes(httplib::Server& server) override {
    using httplib::Request;
    using httplib::Response;
    explain_errors(server);
    add_resource(server, "/", {{Method::get, [](const Request&, Response& res) {
                                  res.set_content(kPage, "text/html; charset=utf-8");
                                }}});
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
    const std::vector<std::string> batch = std::exchange(batch_, {});
    if (committed) tell(batch);
    if (committed) return std::nullopt;
    return gateway::CommitFailure{503, "The votes could not be stored: " + reason + "."};
  }

 private:
  void show(httplib::Response& res) {
    listen();
    if (!is_current_) {
      votes_ = nlohmann::ordered_json::object();
      SQLite::Statement all(database_, "SELECT choice, count FROM votes ORDER BY choice");
      while (all.executeStep()) votes_[all.getColumn(0).getString()] = all.getColumn(1).getInt64();
      is_current_ = true;
    }
    const nlohmann::ordered_json body = {
        {"votes", votes_}, {"latest", latest_}, {"counted_here", counted_here_}};
    res.set_content(body.dump(), "application/json");
  }

  void vote(const std::string& choice, httplib::Response& res) {
    SQLite::Statement vote(database_, kVote);
    vote.bind(1, choice);
    vote.exec();
    if (counted_here_++ == 0) log_line(LogLevel::info, "the first vote here: " + choice);
    batch_.push_back(choice);
    res.status = 204;
  }

  void tell(const std::vector<std::string>& choices) {
    for (const std::string& choice : choices) {
      note(context_.messages->number(), choice);
      context_.messages->publish(choice);
    }
  }

  /// To what the other workers have said since we did so last.
  void listen() {
    const auto on_message = [this](const bus::Message& message) {
      note(message.from, std::string(message.bytes));
    };
    const auto on_lost = [this](std::uint32_t, std::uint64_t) { is_current_ = false; };
    while (context_.messages->receive(on_message, on_lost)) {
    }
  }

  /// A vote, or nothing but that there are other ones than before.
  void note(std::uint32_t worker, const std::string& choice) {
    is_current_ = false;
    if (choice.empty()) return;
    latest_.push_front(choice + ", at worker " + std::to_string(worker));
    if (latest_.size() > kLatest) latest_.pop_back();
  }

  ApplicationContext context_;
  std::string path_;
  SQLite::Database database_;
  store::WriteTurn turn_;
  std::vector<std::string> batch_;  ///< Votes that are not committed yet.
  nlohmann::ordered_json votes_;    ///< As the database had them,
  bool is_current_ = false;         ///< and nobody has said since that there are more.
  std::deque<std::string> latest_;  ///< As we have heard of them, the last one first.
  std::int64_t counted_here_ = 0;   ///< By this process: its successor knows nothing of it.
};

}  // namespace

About about() {
  return {
      .description = "A poll that a class can vote in.", .database = "poll.db", .messages = true};
}

std::unique_ptr<gateway::Application> make_application(const ApplicationContext& context) {
  return std::make_unique<Poll>(context);
}

}  // namespace forkscope::api
