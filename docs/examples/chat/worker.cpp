#include "worker.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bus/member.h"
#include "chat.h"
#include "connections.h"
#include "http_connection.h"
#include "os/dispositions.h"
#include "os/signal_events.h"
#include "readable.h"
#include "step_executor.h"
#include "surroundings.h"

namespace forkscope::chat {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// After an accept that has failed for want of descriptors or memory.
constexpr std::chrono::milliseconds kBreath{100};

/// A socket of IPv4 or of IPv6: Asio wants to be told.
tcp protocol_of(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  return address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4();
}

class Worker {
 public:
  Worker(const Settings& settings, const child::Inheritance& inheritance, bus::Bus& bus)
      : inheritance_(inheritance),
        connections_(inheritance.writer, [this] { one_has_gone(); }),
        around_{inheritance.slot + 1,
                ::getpid(),
                settings,
                StepExecutor(loop_.get_executor(), inheritance.writer),
                inheritance.writer,
                inheritance.voice,
                counts_},
        member_(bus, inheritance.slot),
        chat_(around_, member_),
        timer_(boost::asio::any_io_executor(around_.executor)) {}

  /// Until it was asked to go, and all connections have gone.
  void run() {
    acceptor_.emplace(boost::asio::any_io_executor(around_.executor),
                      protocol_of(inheritance_.listening_socket), inheritance_.listening_socket);
    const Readable signals(around_.executor, signals_.fd(), [this] { drain(); });
    const Readable news(around_.executor, member_.fd(), [this] { chat_.hear(); });
    child::say_ready(inheritance_);
    accept();
    while (!loop_.stopped()) {
      loop_.poll();  // whatever can be done at once
      around_.slot.idle();
      loop_.run_one();
    }
  }

 private:
  void accept() {
    if (!acceptor_ || is_accepting_ || connections_.count() >= around_.settings.max_connections)
      return;
    is_accepting_ = true;
    acceptor_->async_accept([this](error_code error, tcp::socket socket) {
      is_accepting_ = false;
      if (error == boost::asio::error::operation_aborted) return;
      if (error && error != boost::asio::error::connection_aborted) return accept_later();
      if (!error) welcome(std::move(socket));
      accept();
    });
  }

  void welcome(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    std::make_shared<HttpConnection>(Wire(CountBytes(around_.slot), std::move(socket)),
                                     Place(connections_), around_, chat_)
        ->read();
  }

  void accept_later() {
    timer_.expires_after(kBreath);
    timer_.async_wait([this](error_code error) {
      if (!error) accept();
    });
  }

  void drain() {
    if (!acceptor_ || !signals_.next()) return;
    around_.slot.draining();
    acceptor_->release();  // the peers go on with it
    acceptor_.reset();
    connections_.finish_all();
    timer_.expires_after(around_.settings.drain_timeout);
    timer_.async_wait([this](error_code error) {
      if (!error) loop_.stop();
    });
    one_has_gone();
  }

  void one_has_gone() {
    if (acceptor_) return accept();
    if (connections_.count() == 0) loop_.stop();
  }
  const child::Inheritance& inheritance_;
  Counts counts_;
  Connections connections_;  // outlives the loop, which is what ends the last of them
  boost::asio::io_context loop_{1};
  const os::SignalEvents signals_{SIGTERM, child::kHandOverSignal};
  const Surroundings around_;
  bus::Member member_;
  Chat chat_;
  std::optional<tcp::acceptor> acceptor_;  ///< None while it drains.
  bool is_accepting_ = false;
  boost::asio::steady_timer timer_;  ///< To accept again, or to end the drain.
};

}  // namespace

int run(const Settings& settings, const child::Inheritance& inheritance, bus::Bus& bus) {
  ::prctl(PR_SET_NAME, ("chat worker " + std::to_string(inheritance.slot + 1)).c_str());
  // The whole process group gets these from a terminal, and the primary decides what they mean.
  os::ignore_signals({SIGINT, SIGQUIT, SIGHUP, SIGTTIN, SIGTTOU, SIGUSR1});
  std::optional<Worker> worker;
  try {
    worker.emplace(settings, inheritance, bus);
  } catch (const std::exception& error) {  // no descriptors, for instance
    return child::say_why_not(inheritance, error.what(), child::kExitCannotBootYet);
  }
  worker->run();
  return EXIT_SUCCESS;
}

}  // namespace forkscope::chat
