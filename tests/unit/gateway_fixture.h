// A worker's conversations and requests without its event loop: real sockets and a real segment, in
// one process.
#pragma once

#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forkscope/telemetry/segment.h"
#include "gateway/connection_table.h"
#include "gateway/request_scheduler.h"

namespace forkscope::gateway {

inline const std::string kRead = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
inline const std::string kWrite = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
inline const std::string kMalformed = "no request\r\n\r\n";

/// Reads at GET /, writes at POST /, throws at GET /throws.
class Notes final : public Application {
 public:
  void add_routes(httplib::Server& server) override {
    server.Get("/", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(body, "a/b");
    });
    server.Get("/throws", [](const httplib::Request&, httplib::Response&) {
      throw std::runtime_error("the shelf is empty");
    });
    server.Post("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("w", "a/b");
    });
  }
  bool writes(std::string_view method, std::string_view) const override { return method == "POST"; }
  std::optional<CommitFailure> commit_writes() override { return failure; }
  bool begin_writes() override { return has_turn; }
  bool begin_flush() override { return disk_is_through; }
  bool may_run_again(std::string_view, std::string_view) const override { return runs_again; }
  std::optional<bool> was_kept(std::uint64_t) const override { return kept; }
  void adopt_commit(std::uint64_t batch) override { adopted = batch; }

  std::string body = "r";  ///< Of the answer to a read.
  std::optional<CommitFailure> failure;
  bool has_turn = true;
  bool disk_is_through = true;
  bool runs_again = false;
  std::optional<bool> kept;   ///< A batch whose worker has died in it.
  std::uint64_t adopted = 0;  ///< The latest such batch that was.
};

class GatewayFixture : public ::testing::Test {
 protected:
  GatewayFixture() { clock_.tick(); }

  /// Returns the client's end; what it `sends` has arrived.
  int connect(const std::string& sends) {
    greet(sends);
    return clients_.back().get();
  }
  /// The same, but returns the worker's end.
  Connection& greet(const std::string& sends) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    clients_.emplace_back(ends[1]);
    EXPECT_EQ(::send(ends[1], sends.data(), sends.size(), 0), static_cast<ssize_t>(sends.size()));
    Connection& connection = connections_.add({os::UniqueFd(ends[0]), {}});
    conversations_.begin(connection);
    conversations_.note(connection, EPOLLIN | EPOLLOUT);
    return connection;
  }
  /// One whose request another worker has answered in `batch`, and died before the answer left.
  /// Returns the client's end.
  int adopt(const std::string& request, protection::Stage stage, const std::string& answer,
            std::uint64_t batch) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    clients_.emplace_back(ends[1]);
    protection::Parcel parcel;
    parcel.entry.stage = static_cast<std::uint32_t>(stage);
    parcel.entry.bytes = static_cast<std::uint32_t>(request.size());
    parcel.entry.received = request.size();
    parcel.entry.status = 201;
    parcel.entry.batch = batch;
    parcel.received = request;
    parcel.answer = answer;
    Connection& connection = connections_.adopt({os::UniqueFd(ends[0]), {}}, parcel.entry);
    connection.note(EPOLLOUT);
    EXPECT_TRUE(conversations_.take_over(connection, parcel));
    scheduler_.adopt_answer(connection, parcel);
    return ends[1];
  }
  /// As an iteration of the event loop does.
  void iterate() {
    conversations_.attend_ready();
    if (scheduler_.has_requests()) scheduler_.serve();
    connections_.watch();
    bury();
  }
  void bury() {
    conversations_.forget_closed();
    scheduler_.forget_closed();
    connections_.bury();
  }
  static void send(int client, const std::string& bytes) {
    EXPECT_EQ(::send(client, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  static std::string received(int client) {
    std::string bytes(64 * 1024, '\0');
    const ssize_t count = ::recv(client, bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  /// Of the responses in a stream of them; "problem" for one that we give ourselves.
  static std::vector<std::string> bodies(std::string_view stream) {
    std::vector<std::string> bodies;
    for (std::size_t at = stream.find("HTTP/1.1 "); at != stream.npos;) {
      const std::size_t next = std::min(stream.find("HTTP/1.1 ", at + 1), stream.size());
      const std::string_view response = stream.substr(at, next - at);
      const std::string_view body = response.substr(response.find("\r\n\r\n") + 4);
      bodies.emplace_back(body.substr(0, 1) == "{" ? "problem" : body);
      at = stream.find("HTTP/1.1 ", at + 1);
    }
    return bodies;
  }
  /// The numbers of the requests that have ended, in this order.
  std::vector<std::uint64_t> ended() const {
    std::vector<std::uint64_t> ids;
    const auto lane = view_.requests(0);
    for (std::uint64_t n = 0; n < lane.head(); ++n) ids.push_back(lane.read(n)->id);
    return ids;
  }

  inline static const os::CaughtSignals kNoSignals{{SIGTERM}, {}};  // one per process

  Notes application_;
  telemetry::Segment segment_ = telemetry::Segment::create({});
  telemetry::SegmentView view_ = telemetry::SegmentView::over(segment_.data(), segment_.size());
  telemetry::SlotWriter slot_ = segment_.slot(0);
  std::vector<os::EventFd> wake_{1};
  const http::Limits limits_;
  const http::TrustedProxies proxies_;
  LoopClock clock_;
  Drain drain_{limits_.drain_timeout};
  const protection::Ledger ledger_{64};
  os::Epoll epoll_;
  ConnectionTable connections_{limits_, proxies_, slot_, ledger_, epoll_};
  os::UniqueFd listening_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const LoadBoard board_;
  OnCall on_call_{view_, board_, 0, wake_, 1};
  std::vector<std::string> thrown_;  ///< "GET /throws, request 1: why", by handlers.
  RequestRunner runner_{application_,
                        {1, 4711},
                        listening_.get(),
                        slot_,
                        ledger_,
                        on_call_,
                        [this](const Thrown& it) {
                          EXPECT_EQ(view_.counters(0).exceptions, thrown_.size() + 1);
                          thrown_.push_back(std::string(it.method) + ' ' + std::string(it.path) +
                                            ", request " + std::to_string(it.request) + ": " +
                                            std::string(it.what));
                        }};
  Conversations conversations_{limits_, connections_, runner_, drain_, kNoSignals, clock_, slot_};
  TurnRelay turn_relay_{view_, 0, wake_};
  RequestScheduler scheduler_{application_, runner_, conversations_, turn_relay_,
                              clock_,       slot_,   ledger_};
  std::deque<os::UniqueFd> clients_;
};

}  // namespace forkscope::gateway
