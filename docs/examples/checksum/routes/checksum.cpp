// Checksums over HTTP: POST /v1/checksum answers with that of the body, as a number.
//
// Which one, the option --algorithm says, or CHECKSUM_ALGORITHM in the environment.
#include <httplib.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "api/application.h"
#include "api/problem.h"
#include "api/resource.h"
#include "api/status.h"
#include "digest/digest.h"

namespace forkscope::api {
namespace {

std::string algorithm = "crc32";  // of --algorithm: set before the first fork, so workers have it

class Checksum final : public gateway::Application {
 public:
  explicit Checksum(const ApplicationContext& context)
      : context_(context), algorithm_(digest::algorithm_named(algorithm)) {}

  void add_routes(httplib::Server& server) override {
    explain_errors(server);
    add_resource(server, "/v1/checksum",
                 {{Method::post, [this](const httplib::Request& req, httplib::Response& res) {
                     const std::uint32_t sum = digest::checksum(algorithm_, req.body);
                     res.set_content(std::to_string(sum) + "\n", "text/plain");
                   }}});
    add_status_routes(server, {*context_.telemetry, [] {}, context_.draining});
  }

 private:
  ApplicationContext context_;
  digest::Algorithm algorithm_;
};

}  // namespace

About about() {
  return {.description = "Checksums over HTTP.",
          .database = "",
          .without = {"--faults"},
          .add_options = [](CLI::App& app) {
            app.add_option("--algorithm", algorithm, "Which checksum")
                ->envname("CHECKSUM_ALGORITHM")
                ->check(CLI::IsMember({"crc32", "adler32"}));
          }};
}

std::unique_ptr<gateway::Application> make_application(const ApplicationContext& context) {
  return std::make_unique<Checksum>(context);
}

}  // namespace forkscope::api
