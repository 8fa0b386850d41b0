#include "own_handlers.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace forkscope::http {

namespace {

using httplib::Request;
using httplib::Response;
using httplib::Server;

/// Thrown by routes, turned into an answer by the exception handler.
class Teapot : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

void add_routes(Server& server) {
  server.Get("/hello", [](const Request& req, Response& res) {
    res.set_content("Hello, " + req.get_param_value("name") + ".\n", "text/plain");
  });
  server.Post("/echo", [](const Request& req, Response& res) {
    res.set_content(req.body, req.get_header_value("Content-Type"));
    res.status = 201;
  });
  const auto count = [](const Request& req, Response& res, const httplib::ContentReader& reader) {
    std::size_t bytes = req.body.size();
    reader([&](const char*, std::size_t size) {
      bytes += size;
      return true;
    });
    res.set_content(req.method + " of " + std::to_string(bytes), "text/plain");
  };
  server.Post("/count", count);
  server.Put("/count", count);
  server.Patch("/count", count);
  server.Delete("/count", count);
  server.Get("/teapot", [](const Request&, Response&) { throw Teapot("short and stout"); });
  server.Get("/fails", [](const Request&, Response& res) {
    res.set_content("half of an", "text/plain");
    throw std::runtime_error("the secret");
  });
  server.Get("/forbidden", [](const Request&, Response& res) { res.status = 403; });
  server.Get("/moved", [](const Request&, Response& res) { res.set_redirect("/hello"); });
  server.Get("/empty", [](const Request&, Response& res) { res.status = 204; });
  server.Get("/contradiction", [](const Request&, Response& res) {
    res.status = 204;
    res.set_content("no content", "text/plain");
  });
  server.Get("/pieces", [](const Request&, Response& res) {
    res.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
      sink.write("one ", 4);
      sink.write("two", 3);
      sink.done();
      return true;
    });
  });
  server.Get("/shouts", [](const Request&, Response& res) {
    res.set_header("X-Worker", "none of yours");
    res.set_header("Date", "once upon a time");
    res.set_header("Keep-Alive", "timeout=1000");
    res.set_content("!", "text/plain");
  });
}

void add_handlers(Server& server) {
  server.set_default_headers({{"X-Default", "yes"}});
  server.set_pre_routing_handler([](const Request& req, Response& res) {
    res.set_header("X-Before", req.method);
    if (req.path != "/maintenance") return Server::HandlerResponse::Unhandled;
    res.status = 503;
    res.set_content("Come back later.", "text/plain");
    return Server::HandlerResponse::Handled;
  });
  server.set_exception_handler([](const Request&, Response& res, const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Teapot& teapot) {
      res.status = 418;
      res.set_content(teapot.what(), "text/plain");
    } catch (...) {
      res.status = 500;
    }
  });
  server.set_error_handler([](const Request& req, Response& res) {
    if (!res.body.empty()) return;
    res.set_content(std::to_string(res.status) + " at " + req.path, "text/html");
  });
  server.set_post_routing_handler([](const Request& req, Response& res) {
    res.set_header("X-After", req.path + " " + std::to_string(res.status));
    if (req.path == "/empty") res.set_header("X-Empty", "yes");
  });
}

/// What the logger has been told so far, one line for each request, is at /log.
void add_logger(Server& server) {
  const auto lines = std::make_shared<std::string>();
  server.set_logger([lines](const Request& req, const Response& res) {
    *lines += req.method + " " + req.path + " " + std::to_string(res.status) + "\n";
  });
  server.Get("/log",
             [lines](const Request&, Response& res) { res.set_content(*lines, "text/plain"); });
}

}  // namespace

void add_routes_and_handlers(Server& server) {
  add_routes(server);
  add_handlers(server);
  add_logger(server);
}

}  // namespace forkscope::http
