// An application whose handlers throw, and have something to say.
#include <httplib.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "api/application.h"
#include "api/metrics.h"
#include "application/log.h"

namespace forkscope::api {

namespace {

using httplib::Request;
using httplib::Response;

class Talker final : public gateway::Application {
 public:
  explicit Talker(const ApplicationContext& context) : context_(context) {
    log_line(LogLevel::info, "an application is made");
  }

  void add_routes(httplib::Server& server) override {
    server.Post("/throw",
                [](const Request& req, Response&) { throw std::runtime_error(req.body); });
    server.Get("/throw-a-number", [](const Request&, Response&) { throw 42; });
    server.Get("/throw-late", [](const Request&, Response& res) {
      res.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink&) -> bool {
        throw std::runtime_error("the provider has nothing");
      });
    });
    server.Post("/info", [](const Request& req, Response&) { log_line(LogLevel::info, req.body); });
    server.Post("/error",
                [](const Request& req, Response&) { log_line(LogLevel::error, req.body); });
    server.Post("/lines", [](const Request& req, Response&) {
      for (int i = 0; i < std::stoi(req.body); ++i) log_line(LogLevel::info, "one of many");
    });
    server.Post("/last-words", [](const Request& req, Response&) {
      log_line(LogLevel::warning, req.body);
      ::_exit(7);
    });
    add_metrics_route(server, *context_.telemetry);
  }

  bool writes(std::string_view, std::string_view path) const override { return path == "/write"; }
  std::optional<gateway::CommitFailure> commit_writes() override {
    return gateway::CommitFailure{507, "The disk is full."};
  }

 private:
  ApplicationContext context_;
};

}  // namespace

std::unique_ptr<gateway::Application> make_application(const ApplicationContext& context) {
  return std::make_unique<Talker>(context);
}

}  // namespace forkscope::api
