#include "api/page.h"

#include <string>

#include "api/conditional.h"
#include "api/embedded_files.h"
#include "api/resource.h"

namespace forkscope::api {
namespace {

void serve(httplib::Server& server, const char* path, const char* file, const char* type) {
  const std::string& body = embedded_file(file);
  add_resource(server, path,
               {{Method::get, [&body, type](const httplib::Request& req, httplib::Response& res) {
                   // Nothing in the page comes from elsewhere, and nothing may; its icon is in its
                   // head.
                   res.set_header("Content-Security-Policy", "default-src 'self'; img-src data:");
                   res.set_header("X-Content-Type-Options", "nosniff");
                   answer_get(req, res, body, type);
                 }}});
}

}  // namespace

void add_page_routes(httplib::Server& server) {
  serve(server, "/", "page/index.html", "text/html; charset=utf-8");
  serve(server, "/page\\.css", "page/page.css", "text/css; charset=utf-8");
  serve(server, "/page\\.js", "page/page.js", "text/javascript; charset=utf-8");
  serve(server, "/words\\.js", "page/words.js", "text/javascript; charset=utf-8");
  serve(server, "/v1/openapi\\.json", "openapi.json", "application/json");
}

}  // namespace forkscope::api
