// The application as the event loop calls it: requests in, response bytes out, writes in batches.
// No sockets, a real database.
#pragma once

#include <gtest/gtest.h>
#include <httplib.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "api/application.h"
#include "forkscope/telemetry/segment.h"
#include "gateway/memory_server.h"
#include "support/temp_dir.h"
#include "support/wait_until.h"

namespace forkscope::api {

class AnswerStream final : public gateway::MemoryStream {
 public:
  explicit AnswerStream(std::string_view head) : MemoryStream(head, INVALID_SOCKET) {}

  // NOLINTNEXTLINE(modernize-use-override): as in MemoryStream
  ssize_t write(const char* source, size_t size) {
    output.append(source, size);
    return static_cast<ssize_t>(size);
  }

  std::string output;
};

struct Answer {
  int status = 0;
  httplib::Headers headers;
  std::string body;

  nlohmann::json as_json() const { return nlohmann::json::parse(body); }
  std::string header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
};

inline Answer parse_answer(const std::string& text) {
  Answer answer;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  answer.status = std::stoi(line.substr(line.find(' ')));
  while (std::getline(lines, line) && line != "\r") {
    const auto colon = line.find(": ");
    answer.headers.emplace(line.substr(0, colon), line.substr(colon + 2, line.size() - colon - 3));
  }
  answer.body = text.substr(text.find("\r\n\r\n") + 4);
  return answer;
}

class Server final : public gateway::MemoryServer {
 public:
  explicit Server(gateway::Application& application) : application_(application) {
    httplib::Headers common;
    for (auto& [name, value] : application.common_fields()) common.emplace(name, value);
    set_default_headers(common);
    application.add_routes(*this);
  }

  Answer send(const std::string& method, const std::string& target, const std::string& body = "",
              const httplib::Headers& headers = {}) {
    const bool writes = application_.writes(method, target.substr(0, target.find('?')));
    if (writes && !application_.begin_writes()) throw std::runtime_error("no turn");
    const Answer answer = process(method, target, body, headers);
    if (writes) {
      if (const auto failure = application_.commit_writes()) return {failure->status, {}, {}};
      if (!support::wait_until([&] { return application_.begin_flush(); })) {
        throw std::runtime_error("no word from the disk");
      }
      if (const auto failure = application_.flush_writes()) return {failure->status, {}, {}};
    }
    return answer;
  }

 private:
  Answer process(const std::string& method, const std::string& target, const std::string& body,
                 const httplib::Headers& headers) {
    std::string head = method + " " + target + " HTTP/1.1\r\nHost: todos.test:8000\r\n";
    for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
    head += "\r\n";
    AnswerStream stream(head);
    handle_one(stream, [&](httplib::Request& req) { req.body = body; });
    return parse_answer(stream.output);
  }

  gateway::Application& application_;
};

class ApiFixture : public ::testing::Test {
 protected:
  ApiFixture()
      : segment_(telemetry::Segment::create({.slots = 2, .port = 8000, .host = "127.0.0.1"})),
        view_(telemetry::SegmentView::over(segment_.data(), segment_.size())) {
    start(true);
  }

  void start(bool faults_enabled) {
    server_.reset();
    application_ = make_application({.database = directory_ / "todos.db",
                                     .faults_enabled = faults_enabled,
                                     .telemetry = &view_,
                                     .draining = [this] { return draining_; },
                                     .ask_for_balance =
                                         [this](telemetry::BalancePolicy policy) {
                                           asked_for_ = policy;
                                           return listens_;
                                         }});
    server_ = std::make_unique<Server>(*application_);
  }

  Answer send(const std::string& method, const std::string& target, const std::string& body = "",
              const httplib::Headers& headers = {}) {
    return server_->send(method, target, body, headers);
  }
  Answer get(const std::string& target, const httplib::Headers& headers = {}) {
    return send("GET", target, "", headers);
  }
  Answer post(const std::string& body) {
    return send("POST", "/v1/todos", body, {{"Content-Type", "application/json"}});
  }

  const support::TempDir own_directory_;
  const std::filesystem::path& directory_ = own_directory_.path();
  telemetry::Segment segment_;
  telemetry::SegmentView view_;
  bool draining_ = false;
  bool listens_ = true;  ///< The primary.
  telemetry::BalancePolicy asked_for_ = telemetry::BalancePolicy::unknown;
  std::unique_ptr<gateway::Application> application_;
  std::unique_ptr<Server> server_;
};

}  // namespace forkscope::api
