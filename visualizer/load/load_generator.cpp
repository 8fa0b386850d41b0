#include "load/load_generator.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "load/client_connection.h"
#include "net/descriptor.h"
#include "net/tcp_client.h"

namespace forkscope::load {

namespace {

constexpr std::uint64_t kWakeKey = ~std::uint64_t{0};
constexpr std::uint64_t kRetryScanNs = 10'000'000;
constexpr std::uint64_t kMeasureNs = 100'000'000;
constexpr std::size_t kMeasures = 11;  // ten periods: a second
constexpr std::string_view kTodo = R"({"title":"sent by the load generator"})";

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

/// What the generator's thread writes and anybody reads.
struct Figures {
  std::atomic<bool> running{false};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> waiting{0};
  std::atomic<double> requests_per_second{0};
};

/// One run, from start() to stop(): lives on the generator's thread.
class Run {
 public:
  Run(const LoadOptions& options, int wake, Figures& figures)
      : options_(options),
        wake_(wake),
        figures_(figures),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        connections_(std::max(options.connections, 1U)) {}

  void serve();

 private:
  bool prepare();
  void handle(std::uint32_t index, ClientConnection::Event event, bool had_request);
  void open_due();
  void schedule_arrivals();
  void send_what_is_due();
  std::string_view next_request();
  void measure();
  int timeout_ms() const;

  const LoadOptions options_;
  const int wake_;
  Figures& figures_;
  const net::Descriptor epoll_;
  std::vector<ClientConnection> connections_;
  std::deque<std::uint32_t> ready_;  // connections that became idle, longest ago first
  net::TcpAddress address_;
  std::string get_;
  std::string post_;

  std::uint64_t now_ns_ = now_ns();  // read once per round
  const std::uint64_t start_ns_ = now_ns_;
  std::uint64_t next_scan_ns_ = 0;
  std::uint64_t next_measure_ns_ = 0;
  std::uint64_t arrived_ = 0;  // requests that were due so far; with a rate only
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t in_flight_ = 0;
  double post_credit_ = 0;
  struct Measure {
    std::uint64_t time_ns;
    std::uint64_t answered;
  };
  std::deque<Measure> measures_;
};

bool Run::prepare() {
  const auto address = net::resolve(options_.host, options_.port);
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u64 = kWakeKey;
  if (!address || !epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_, &interest) != 0) {
    return false;
  }
  address_ = *address;
  get_ = "GET /v1/todos HTTP/1.1\r\nHost: " + address_.authority + "\r\n\r\n";
  post_ = "POST /v1/todos HTTP/1.1\r\nHost: " + address_.authority +
          "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(kTodo.size()) +
          "\r\n\r\n" + std::string(kTodo);
  return true;
}

void Run::serve() {
  if (!prepare()) {
    figures_.errors = 1;
    return;
  }
  std::array<epoll_event, 64> events;
  for (;;) {
    open_due();
    schedule_arrivals();
    send_what_is_due();
    measure();
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), timeout_ms());
    now_ns_ = now_ns();
    for (int i = 0; i < count; ++i) {
      const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
      if (key == kWakeKey) return;
      ClientConnection& connection = connections_[key];
      const bool had_request = connection.state() == ClientConnection::State::waiting;
      handle(static_cast<std::uint32_t>(key), connection.on_ready(epoll_.get(), key, now_ns_),
             had_request);
    }
  }
}

void Run::handle(std::uint32_t index, ClientConnection::Event event, bool had_request) {
  switch (event) {
    case ClientConnection::Event::none: return;
    case ClientConnection::Event::connected: break;
    case ClientConnection::Event::answered:
      ++answered_;
      if (connections_[index].status() >= 500) ++errors_;
      break;
    case ClientConnection::Event::failed: ++errors_; break;
    case ClientConnection::Event::closed_idle: break;
  }
  if (had_request) --in_flight_;
  if (connections_[index].state() == ClientConnection::State::idle) ready_.push_back(index);
}

/// Opens the connections whose time to be opened (again) has come.
void Run::open_due() {
  if (now_ns_ < next_scan_ns_) return;
  next_scan_ns_ = now_ns_ + kRetryScanNs;
  for (std::uint32_t index = 0; index < connections_.size(); ++index) {
    ClientConnection& connection = connections_[index];
    if (connection.state() != ClientConnection::State::closed ||
        connection.retry_at_ns() > now_ns_) {
      continue;
    }
    handle(index, connection.open(epoll_.get(), index, address_, now_ns_), false);
  }
}

/// With a rate, requests arrive evenly whether or not the server keeps up: a stall shows as a
/// queue.
void Run::schedule_arrivals() {
  if (options_.requests_per_second <= 0) return;
  const double elapsed_s = static_cast<double>(now_ns_ - start_ns_) / 1e9;
  arrived_ = static_cast<std::uint64_t>(elapsed_s * options_.requests_per_second);
}

void Run::send_what_is_due() {
  const bool flat_out = options_.requests_per_second <= 0;
  while (!ready_.empty() && (flat_out || sent_ < arrived_)) {
    const std::uint32_t index = ready_.front();
    ready_.pop_front();
    ClientConnection& connection = connections_[index];
    if (connection.state() != ClientConnection::State::idle) continue;  // closed meanwhile
    ++sent_;
    ++in_flight_;
    handle(index, connection.send(next_request(), now_ns_), true);
  }
}

std::string_view Run::next_request() {
  post_credit_ += std::clamp(options_.post_share, 0.0, 1.0);
  if (post_credit_ < 1) return get_;
  post_credit_ -= 1;
  return post_;
}

void Run::measure() {
  const std::uint64_t queued = arrived_ > sent_ ? arrived_ - sent_ : 0;
  figures_.sent.store(sent_, std::memory_order_relaxed);
  figures_.answered.store(answered_, std::memory_order_relaxed);
  figures_.errors.store(errors_, std::memory_order_relaxed);
  figures_.waiting.store(in_flight_ + queued, std::memory_order_relaxed);
  if (now_ns_ < next_measure_ns_) return;
  next_measure_ns_ = now_ns_ + kMeasureNs;
  measures_.push_back({now_ns_, answered_});
  if (measures_.size() > kMeasures) measures_.pop_front();
  if (measures_.size() < 2) return;
  const double span_s =
      static_cast<double>(measures_.back().time_ns - measures_.front().time_ns) / 1e9;
  figures_.requests_per_second.store(
      static_cast<double>(measures_.back().answered - measures_.front().answered) / span_s,
      std::memory_order_relaxed);
}

/// Until the next arrival, the next retry or the next measurement; a millisecond at the least, so
/// that a high rate costs a thousand rounds per second and no more.
int Run::timeout_ms() const {
  std::uint64_t due_ns = next_measure_ns_;
  const bool any_closed =
      std::any_of(connections_.begin(), connections_.end(), [](const ClientConnection& connection) {
        return connection.state() == ClientConnection::State::closed;
      });
  if (any_closed) due_ns = std::min(due_ns, next_scan_ns_);
  if (options_.requests_per_second > 0 && !ready_.empty()) {
    const double next_s = static_cast<double>(arrived_ + 1) / options_.requests_per_second;
    due_ns = std::min(due_ns, start_ns_ + static_cast<std::uint64_t>(next_s * 1e9));
  }
  const std::uint64_t left_ns = due_ns > now_ns_ ? due_ns - now_ns_ : 0;
  return static_cast<int>(std::max<std::uint64_t>((left_ns + 999'999) / 1'000'000, 1));
}

/// A thread that takes no signals: those are for the main thread.
template <typename Function>
std::thread start_quiet_thread(Function function) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(function));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

struct LoadGenerator::State {
  Figures figures;
  net::Descriptor wake;
  std::thread thread;
};

LoadGenerator::LoadGenerator() : state_(std::make_unique<State>()) {}

LoadGenerator::~LoadGenerator() { stop(); }

void LoadGenerator::start(const LoadOptions& options) {
  stop();
  Figures& figures = state_->figures;
  figures.sent = 0;
  figures.answered = 0;
  figures.errors = 0;
  figures.waiting = 0;
  figures.requests_per_second = 0;
  state_->wake = net::Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state_->wake) throw std::system_error(errno, std::generic_category(), "eventfd");
  figures.running = true;
  state_->thread = start_quiet_thread([options, wake = state_->wake.get(), &figures] {
    Run(options, wake, figures).serve();
    figures.running = false;
    figures.requests_per_second = 0;
    figures.waiting = 0;
  });
}

void LoadGenerator::stop() {
  if (!state_->thread.joinable()) return;
  ::eventfd_write(state_->wake.get(), 1);
  state_->thread.join();
  state_->wake.reset();
}

LoadStatus LoadGenerator::status() const {
  const Figures& figures = state_->figures;
  LoadStatus status;
  status.running = figures.running;
  status.sent = figures.sent;
  status.answered = figures.answered;
  status.errors = figures.errors;
  status.waiting = figures.waiting;
  status.requests_per_second = figures.requests_per_second;
  return status;
}

}  // namespace forkscope::load
