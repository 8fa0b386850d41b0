// The same list of todos as cpp-httplib serves it by itself, with its own listen(): one process,
// and a thread per connection, since each of its threads stays with a keep-alive connection for
// good.
//
//   stock-server PORT THREADS BODY
#include <httplib.h>

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: stock-server PORT THREADS BODY\n", stderr);
    return 2;
  }
  const std::string body = argv[3];
  const auto threads = static_cast<std::size_t>(std::atoi(argv[2]));
  httplib::Server server;
  server.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(std::numeric_limits<std::size_t>::max());
  server.Get("/v1/todos", [&body](const httplib::Request&, httplib::Response& response) {
    response.set_content(body, "application/json");
  });
  return server.listen("127.0.0.1", std::atoi(argv[1])) ? 0 : 1;
}
