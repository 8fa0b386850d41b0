// The application of own_handlers.h, served by this server.
#include "api/application.h"
#include "own_handlers.h"

namespace forkscope::api {

namespace {

class OwnHandlers final : public gateway::Application {
 public:
  void add_routes(httplib::Server& server) override { http::add_routes_and_handlers(server); }
};

}  // namespace

std::unique_ptr<gateway::Application> make_application(const ApplicationContext&) {
  return std::make_unique<OwnHandlers>();
}

}  // namespace forkscope::api
