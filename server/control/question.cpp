#include "control/question.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "forkscope/telemetry/segment_view.h"
#include "os/descriptor_passing.h"

namespace forkscope::control {

namespace {

using Clock = std::chrono::steady_clock;
using Result = Answer::Result;

constexpr std::size_t kMaxAnswerBytes = 1 << 20;  // a `status` of 256 workers fits many times

Answer no_server() { return {Result::no_server, "no server listens there"}; }

Answer failed(std::string error) { return {Result::failed, std::move(error)}; }

Answer failed_with_errno(const char* what) {
  return failed(std::string(what) + ": " + std::generic_category().message(errno));
}

/// False: the deadline has passed.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

Answer understand(const std::string& line, os::UniqueFd descriptor) {
  auto body = nlohmann::ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return failed("the server's answer is not understood");
  const auto ok = body.find("ok");
  if (ok != body.end() && ok->is_boolean() && ok->get<bool>()) {
    return {Result::ok, {}, std::move(body), std::move(descriptor)};
  }
  const auto error = body.find("error");
  std::string reason = error != body.end() && error->is_string()
                           ? telemetry::printable(error->get<std::string>())
                           : "the server refused";
  return {Result::refused, std::move(reason), std::move(body)};
}

}  // namespace

bool means_no_server(int error) { return error == ENOENT || error == ECONNREFUSED; }

Question::Question(const telemetry::ControlEndpoint& server, const nlohmann::ordered_json& command)
    : socket_(telemetry::connect_to(server, /*timeout_ms=*/0)) {
  if (socket_) {
    send(command);
  } else {
    at_once_ = means_no_server(errno) ? no_server() : failed_with_errno("cannot connect");
  }
}

Question::Question(os::UniqueFd connection, const nlohmann::ordered_json& command)
    : socket_(std::move(connection)) {
  const int flags = ::fcntl(socket_.get(), F_GETFL);
  ::fcntl(socket_.get(), F_SETFL, flags | O_NONBLOCK);
  send(command);
}

/// A command is far smaller than a socket's buffer: it is sent in one piece or not at all.
void Question::send(const nlohmann::ordered_json& command) {
  const std::string line = command.dump() + '\n';
  const ssize_t sent = ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(line.size())) return;
  at_once_ = finish(failed_with_errno("cannot send"));
}

Answer Question::finish(Answer answer) {
  socket_.reset();
  descriptor_.reset();
  return answer;
}

std::optional<Answer> Question::poll() {
  if (!socket_) return std::move(at_once_);
  for (;;) {
    char bytes[4096];
    auto received = os::receive_with_descriptors(socket_.get(), bytes);
    const ssize_t count = received.bytes;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return std::nullopt;
    if (count < 0) return finish(failed_with_errno("cannot read"));
    // The first is the one that is meant; all others are closed here.
    if (!descriptor_ && !received.descriptors.empty()) {
      descriptor_ = std::move(received.descriptors.front());
    }
    text_.append(bytes, static_cast<std::size_t>(count));
    const std::size_t end = text_.find('\n');
    if (end != std::string::npos) {
      return finish(understand(text_.substr(0, end), std::move(descriptor_)));
    }
    if (count == 0) return finish(failed("the server closed the connection without an answer"));
    if (text_.size() > kMaxAnswerBytes) return finish(failed("the server's answer is too long"));
  }
}

Answer Question::wait(std::chrono::milliseconds bound) {
  const Clock::time_point deadline = Clock::now() + bound;
  for (;;) {
    if (auto answer = poll()) return std::move(*answer);
    if (!wait_for(socket_.get(), POLLIN, deadline)) break;
  }
  return failed("the server gave no answer within " + std::to_string(bound.count()) + " ms");
}

bool Question::ready() const {
  pollfd entry{socket_.get(), POLLIN, 0};
  return !socket_ || ::poll(&entry, 1, 0) > 0;
}

}  // namespace forkscope::control
