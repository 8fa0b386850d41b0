// Checksums over HTTP: POST /v1/checksum answers with that of the body, as a number.
//
// Which one, the environment says: CHECKSUM_ALGORITHM is crc32 (without it) or adler32.
#include <httplib.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "api/application.h"
#include "api/problem.h"
#include "api/resource.h"
#include "api/status.h"
#include "digest/digest.h"

namespace forkscope::api {
namespace {

class Checksum final : public gateway::Application {
 public:
  explicit Checksum(const ApplicationContext& context)
      : context_(context), algorithm_(from_environment()) {}

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
  /// In the constructor, so that what is misspelt ends the start with one line in the log.
  static digest::Algorithm from_environment() {
    const char* name = std::getenv("CHECKSUM_ALGORITHM");
    return digest::algorithm_named(name != nullptr ? name : "crc32");
  }

  ApplicationContext context_;
  digest::Algorithm algorithm_;
};

}  // namespace

std::unique_ptr<gateway::Application> make_application(const ApplicationContext& context) {
  return std::make_unique<Checksum>(context);
}

}  // namespace forkscope::api
