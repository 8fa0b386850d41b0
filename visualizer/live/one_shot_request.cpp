#include "live/one_shot_request.h"

#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace forkscope::live {

namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

/// Not yet: the connection is on its way, or there is nothing to read or no room to send.
bool later(int error) {
  return error == EAGAIN || error == ENOTCONN || error == EINPROGRESS || error == EINTR;
}

}  // namespace

OneShotRequest::OneShotRequest(const net::TcpAddress& address, const std::string& method,
                               const std::string& target)
    : socket_(net::begin_connect(address)),
      bytes_(method + ' ' + target + " HTTP/1.1\r\nHost: " + address.authority +
             "\r\nConnection: close\r\n\r\n") {}

OneShotRequest::Progress OneShotRequest::poll() {
  if (!socket_) return Progress::failed;
  if (sent_ < bytes_.size()) {
    const ssize_t sent =
        ::send(socket_.get(), bytes_.data() + sent_, bytes_.size() - sent_, MSG_NOSIGNAL);
    if (sent < 0) return later(errno) ? Progress::running : Progress::failed;
    sent_ += static_cast<std::size_t>(sent);
  }
  char answer[4096];
  constexpr int kReadsPerPoll = 16;
  for (int count = 0; count < kReadsPerPoll; ++count) {
    const ssize_t received = ::recv(socket_.get(), answer, sizeof answer, 0);
    if (received == 0) return Progress::ended;
    if (received < 0) return later(errno) ? Progress::running : Progress::ended;
    if (has_head()) continue;
    const std::size_t room = kMostHeadBytes - std::min(answer_.size(), kMostHeadBytes);
    answer_.append(answer, std::min(static_cast<std::size_t>(received), room));
  }
  return Progress::running;
}

bool OneShotRequest::has_head() const { return answer_.find(kHeadEnd) != std::string::npos; }

std::uint32_t OneShotRequest::status() const {
  // HTTP-version SP status-code SP … (RFC 9112, section 4)
  if (!has_head() || !answer_.starts_with("HTTP/1.") || answer_.size() < 16) return 0;
  std::uint32_t status = 0;
  std::from_chars(answer_.data() + 9, answer_.data() + 12, status);
  return status;
}

std::string OneShotRequest::field(std::string_view name) const {
  if (!has_head()) return {};
  std::string_view rest(answer_.data(), answer_.find(kHeadEnd) + 2);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    if (line.size() <= name.size() || line[name.size()] != ':' ||
        ::strncasecmp(line.data(), name.data(), name.size()) != 0) {
      continue;
    }
    std::string_view value = line.substr(name.size() + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    return std::string(value);
  }
  return {};
}

}  // namespace forkscope::live
