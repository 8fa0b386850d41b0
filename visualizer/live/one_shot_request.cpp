#include "live/one_shot_request.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace forkscope::live {

namespace {

/// Not yet: the connection is on its way, or there is nothing to read or no room to send.
bool later(int error) {
  return error == EAGAIN || error == ENOTCONN || error == EINPROGRESS || error == EINTR;
}

}  // namespace

OneShotRequest::OneShotRequest(const net::TcpAddress& address, std::string bytes)
    : socket_(net::begin_connect(address)), bytes_(std::move(bytes)) {}

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
  }
  return Progress::running;
}

}  // namespace forkscope::live
