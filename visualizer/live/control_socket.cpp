#include "live/control_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "forkscope/telemetry/segment_view.h"

namespace forkscope::live {

namespace {

using Clock = std::chrono::steady_clock;
using Result = ControlAnswer::Result;

constexpr std::size_t kMaxAnswerBytes = 1 << 20;  // a `status` of 256 workers fits many times

ControlAnswer no_server() {
  ControlAnswer answer;
  answer.result = Result::no_server;
  answer.error = "no server listens there";
  return answer;
}

ControlAnswer failed(std::string error) {
  ControlAnswer answer;
  answer.error = std::move(error);
  return answer;
}

ControlAnswer failed_with_errno(const char* what) {
  return failed(std::string(what) + ": " + std::generic_category().message(errno));
}

bool means_no_server(int error) { return error == ENOENT || error == ECONNREFUSED; }

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

/// Owns all descriptors that came along, so that those that nobody wants are closed. With a buffer
/// for one the kernel hands out two: there is room for that in what CMSG_SPACE() adds as padding.
std::vector<net::Descriptor> descriptors_of(msghdr& message) {
  std::vector<net::Descriptor> received;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      received.emplace_back(fd);
    }
  }
  return received;
}

/// Reads what is there, and keeps the first descriptor that comes along. As recvmsg(2).
ssize_t receive(int fd, std::string& text, net::Descriptor& descriptor) {
  char bytes[4096];
  iovec vector{bytes, sizeof bytes};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t count = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  if (count < 0) return count;
  for (net::Descriptor& received : descriptors_of(message)) {
    if (!descriptor) descriptor = std::move(received);
  }
  text.append(bytes, static_cast<std::size_t>(count));
  return count;
}

ControlAnswer understand(const std::string& line, net::Descriptor descriptor) {
  auto body = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return failed("the server's answer is not understood");
  const auto ok = body.find("ok");
  if (ok == body.end() || !ok->is_boolean() || !ok->get<bool>()) {
    const auto error = body.find("error");
    return failed(error != body.end() && error->is_string()
                      ? telemetry::printable(error->get<std::string>())
                      : "the server refused");
  }
  ControlAnswer answer;
  answer.result = Result::ok;
  answer.body = std::move(body);
  answer.descriptor = std::move(descriptor);
  return answer;
}

}  // namespace

ControlQuestion::ControlQuestion(const telemetry::ControlEndpoint& server,
                                 const nlohmann::json& command)
    : socket_(telemetry::connect_to(server, /*timeout_ms=*/0)) {
  if (!socket_) {
    at_once_ = means_no_server(errno) ? no_server() : failed_with_errno("cannot connect");
    return;
  }
  // A command is far smaller than a socket's buffer: it is sent in one piece or not at all.
  const std::string line = command.dump() + '\n';
  const ssize_t sent = ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(line.size()))
    at_once_ = finish(failed_with_errno("cannot send"));
}

ControlAnswer ControlQuestion::finish(ControlAnswer answer) {
  socket_.reset();
  descriptor_.reset();
  return answer;
}

std::optional<ControlAnswer> ControlQuestion::poll() {
  if (!socket_) return std::move(at_once_);
  for (;;) {
    const ssize_t count = receive(socket_.get(), text_, descriptor_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return std::nullopt;
    if (count < 0) return finish(failed_with_errno("cannot read"));
    const std::size_t end = text_.find('\n');
    if (end != std::string::npos) {
      return finish(understand(text_.substr(0, end), std::move(descriptor_)));
    }
    if (count == 0) return finish(failed("the server closed the connection without an answer"));
    if (text_.size() > kMaxAnswerBytes) return finish(failed("the server's answer is too long"));
  }
}

ControlAnswer ControlQuestion::wait(std::chrono::milliseconds bound) {
  const Clock::time_point deadline = Clock::now() + bound;
  for (;;) {
    if (auto answer = poll()) return std::move(*answer);
    if (!wait_for(socket_.get(), POLLIN, deadline)) break;
  }
  return failed("the server gave no answer within " + std::to_string(bound.count()) + " ms");
}

bool ControlQuestion::ready() const {
  pollfd entry{socket_.get(), POLLIN, 0};
  return !socket_ || ::poll(&entry, 1, 0) > 0;
}

}  // namespace forkscope::live
