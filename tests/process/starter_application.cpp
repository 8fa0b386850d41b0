// An application whose handlers start programs, in every way that there is.
#include <httplib.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "api/application.h"

namespace forkscope::api {

namespace {

using httplib::Request;
using httplib::Response;

/// The number of a process that executes `command`, or only waits when it is empty.
pid_t fork_shell(const std::string& command) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  if (command.empty()) ::pause();
  ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
  ::_exit(127);
}

pid_t spawn_shell(const std::string& command) {
  std::string words[] = {"sh", "-c", command};
  char* const argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  pid_t child = -1;
  ::posix_spawn(&child, "/bin/sh", nullptr, nullptr, argv, environ);
  return child;
}

/// Runs the body as a command to its end, in the `way` that the query names.
void run(const Request& req, Response& res) {
  const std::string& command = req.body;
  const std::string way = req.get_param_value("way");
  if (way == "fork") ::waitpid(fork_shell(command), nullptr, 0);
  if (way == "posix_spawn") ::waitpid(spawn_shell(command), nullptr, 0);
  if (way == "system" && std::system(command.c_str()) != 0) res.status = 500;
  if (way == "popen") ::pclose(::popen(command.c_str(), "r"));
}

/// Starts it, and leaves it to itself.
void start(const Request& req, Response& res) {
  res.set_content(std::to_string(fork_shell(req.body)), "text/plain");
}

class Starter final : public gateway::Application {
 public:
  void add_routes(httplib::Server& server) override {
    server.Post("/run", run);
    server.Post("/start", start);
  }
};

}  // namespace

std::unique_ptr<gateway::Application> make_application(const ApplicationContext&) {
  return std::make_unique<Starter>();
}

}  // namespace forkscope::api
