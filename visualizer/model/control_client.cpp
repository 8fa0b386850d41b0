#include "model/control_client.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "model/control_socket.h"
#include "model/format.h"

namespace forkscope::model {

namespace {

constexpr std::chrono::milliseconds kBound{250};
/// A lesson hangs every worker of the largest server, and then asks once more of each.
constexpr std::size_t kMaxPending = 512;
constexpr std::uint16_t kDefaultPort = 8000;

}  // namespace

ControlClient::ControlClient(const std::string& host, std::uint16_t port, std::string socket)
    : port_(port), socket_(std::move(socket)), address_(net::resolve(host, port)) {}

Outcome ControlClient::ask(const nlohmann::json& command, std::string done) const {
  const ControlAnswer answer =
      ask_control_socket(telemetry::control_endpoint_at(socket_), command, kBound);
  if (answer.result != ControlAnswer::Result::ok) return {false, "Not done: " + answer.error + '.'};
  return {true, std::move(done)};
}

Outcome ControlClient::signal(std::uint32_t worker, const std::string& signal) {
  return ask({{"cmd", "signal"}, {"worker", worker}, {"signal", signal}},
             "Sent SIG" + signal + " to worker " + std::to_string(worker) + '.');
}

Outcome ControlClient::scale(std::uint32_t workers) {
  return ask({{"cmd", "scale"}, {"workers", workers}},
             "Scaling to " + counted(workers, "worker") + '.');
}

Outcome ControlClient::reload() { return ask({{"cmd", "reload"}}, "Rolling reload begins."); }

Outcome ControlClient::fire(const std::string& target) {
  if (!address_) return {false, "Not sent: the server's address is not understood."};
  poll();
  if (pending_.size() >= kMaxPending) {
    return {false, "Not sent: " + std::to_string(kMaxPending) + " requests wait for an answer."};
  }
  OneShotRequest request(*address_, "GET " + target + " HTTP/1.1\r\nHost: " + address_->authority +
                                        "\r\nConnection: close\r\n\r\n");
  if (request.poll() == OneShotRequest::Progress::failed) {
    return {false, "Not sent: nobody listens on " + address_->authority + '.'};
  }
  pending_.push_back(std::move(request));
  return {true, "Sent GET " + target + '.'};
}

void ControlClient::poll() {
  std::erase_if(pending_, [](OneShotRequest& request) {
    return request.poll() != OneShotRequest::Progress::running;
  });
}

std::string ControlClient::curl_line(const std::string& target) const {
  const std::string authority =
      address_ ? address_->authority : "127.0.0.1:" + std::to_string(port_);
  return "curl 'http://" + authority + target + '\'';
}

std::string ControlClient::kill_line(const std::string& signal, std::uint32_t pid) {
  return "kill -" + signal + ' ' + std::to_string(pid);
}

std::string ControlClient::ctl_line(const std::string& command) const {
  return "todos-server ctl " + command +
         (port_ == kDefaultPort ? "" : " --port " + std::to_string(port_));
}

}  // namespace forkscope::model
