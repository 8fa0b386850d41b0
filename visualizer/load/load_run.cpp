#include "load/load_run.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>

namespace forkscope::load {

namespace {

constexpr std::uint64_t kWakeKey = ~std::uint64_t{0};
constexpr int kLookupPeriodMs = 10;
constexpr std::uint64_t kRetryScanNs = 10'000'000;
constexpr std::uint64_t kMeasureNs = 100'000'000;
constexpr std::size_t kMeasures = 11;  // ten periods: a second
constexpr std::string_view kTodo = R"({"title":"sent by the load generator"})";

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

std::string bytes_of(const Target& target, const std::string& authority, bool fresh) {
  std::string bytes =
      target.method + ' ' + target.path + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (fresh) bytes += "Connection: close\r\n";
  if (target.method == "GET") return bytes + "\r\n";
  const std::string_view body = target.path == Target{}.path ? kTodo : std::string_view();
  if (!body.empty()) bytes += "Content-Type: application/json\r\n";
  return bytes + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace

LoadRun::LoadRun(const LoadOptions& options, int wake, Figures& figures)
    : options_(options),
      wake_(wake),
      figures_(figures),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      clients_(std::max(options.connections, 1U)),
      now_ns_(now_ns()) {}

/// False: told to stop.
bool LoadRun::wait_for(const net::AddressLookup& lookup) const {
  while (!net::is_ready(lookup)) {
    pollfd entry{wake_, POLLIN, 0};
    if (::poll(&entry, 1, kLookupPeriodMs) > 0) return false;
  }
  return true;
}

bool LoadRun::prepare(const std::optional<net::TcpAddress>& address) {
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u64 = kWakeKey;
  if (!address || !epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_, &interest) != 0) {
    return false;
  }
  address_ = *address;
  now_ns_ = start_ns_ = now_ns();
  request_ = bytes_of(options_.target, address_.authority, options_.fresh);
  post_ = bytes_of({"POST", Target{}.path}, address_.authority, options_.fresh);
  long_ = bytes_of(kLongRequest, address_.authority, options_.fresh);
  return true;
}

void LoadRun::serve() {
  const net::AddressLookup lookup = net::look_up(options_.host, options_.port);
  if (!wait_for(lookup)) return;
  if (!prepare(lookup.get())) {
    figures_.refused = 1;
    return;
  }
  std::array<epoll_event, 64> events;
  for (;;) {
    open_due();
    schedule_arrivals();
    send_what_is_due();
    publish();
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), timeout_ms());
    now_ns_ = now_ns();
    for (int i = 0; i < count; ++i) {
      const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
      if (key == kWakeKey) {
        publish();
        return measure();
      }
      handle(static_cast<std::uint32_t>(key),
             clients_[key].connection.on_ready(epoll_.get(), key, now_ns_));
    }
  }
}

void LoadRun::handle(std::uint32_t index, ClientConnection::Event event) {
  Client& client = clients_[index];
  switch (event) {
    case ClientConnection::Event::none: return;
    case ClientConnection::Event::connected:
      if (client.due_ns) return hand_request(index);  // it was opened for that
      break;
    case ClientConnection::Event::answered:
      ++answered_;
      if (client.connection.status() / 100 != 2) {
        ++failed_;
        failed_status_ = client.connection.status();
      }
      if (client.connection.state() == ClientConnection::State::closed && !options_.fresh) {
        ++ended_;
      }
      count_answer(client);
      break;
    case ClientConnection::Event::refused: ++refused_; break;
    case ClientConnection::Event::broken: ++broken_; break;
    case ClientConnection::Event::nonsense: ++failed_; break;
    case ClientConnection::Event::ended: ++ended_; break;
  }
  if (client.due_ns) --in_flight_;
  client.due_ns.reset();
  line_up(index);
}

void LoadRun::count_answer(const Client& client) {
  assert(client.due_ns && *client.due_ns <= now_ns_);
  const std::uint64_t latency_ns = now_ns_ - *client.due_ns;
  latencies_.add(latency_ns);
  ++whole_[telemetry::histogram_bucket(latency_ns)];
  longest_ns_ = std::max(longest_ns_, latency_ns);
  const std::uint32_t worker = client.connection.worker();
  figures_.by_worker[worker < figures_.by_worker.size() ? worker : 0].fetch_add(
      1, std::memory_order_relaxed);
}

/// Whoever can take a request: over a connection that is there, or that may be opened now.
void LoadRun::line_up(std::uint32_t index) {
  Client& client = clients_[index];
  const ClientConnection& connection = client.connection;
  const bool can = connection.state() == ClientConnection::State::idle ||
                   (options_.fresh && connection.state() == ClientConnection::State::closed &&
                    connection.retry_at_ns() <= now_ns_);
  if (!can || client.is_ready) return;
  client.is_ready = true;
  ready_.push_back(index);
}

/// Opens the connections whose time to be opened (again) has come.
void LoadRun::open_due() {
  if (now_ns_ < next_scan_ns_) return;
  next_scan_ns_ = now_ns_ + kRetryScanNs;
  for (std::uint32_t index = 0; index < clients_.size(); ++index) {
    ClientConnection& connection = clients_[index].connection;
    if (connection.state() != ClientConnection::State::closed ||
        connection.retry_at_ns() > now_ns_) {
      continue;
    }
    if (options_.fresh) {
      line_up(index);
    } else {
      handle(index, connection.open(epoll_.get(), index, address_, now_ns_));
    }
  }
}

void LoadRun::schedule_arrivals() {
  if (options_.requests_per_second <= 0) return;
  const double elapsed_s = static_cast<double>(now_ns_ - start_ns_) / 1e9;
  arrived_ = static_cast<std::uint64_t>(elapsed_s * options_.requests_per_second);
}

/// When the request falls due that is the `arrival`th, from 0.
std::uint64_t LoadRun::due_ns(std::uint64_t arrival) const {
  const double after_s = static_cast<double>(arrival + 1) / options_.requests_per_second;
  return start_ns_ + static_cast<std::uint64_t>(after_s * 1e9);
}

void LoadRun::send_what_is_due() {
  const bool flat_out = options_.requests_per_second <= 0;
  while (!ready_.empty() && (flat_out || sent_ < arrived_)) {
    const std::uint32_t index = ready_.front();
    ready_.pop_front();
    Client& client = clients_[index];
    client.is_ready = false;
    const bool is_open = client.connection.state() == ClientConnection::State::idle;
    if (!is_open && !options_.fresh) continue;  // closed meanwhile
    client.due_ns = flat_out ? now_ns_ : std::min(due_ns(sent_), now_ns_);
    ++sent_;
    ++in_flight_;
    if (is_open) {
      hand_request(index);
    } else {
      handle(index, client.connection.open(epoll_.get(), index, address_, now_ns_));
    }
  }
}

void LoadRun::hand_request(std::uint32_t index) {
  handle(index, clients_[index].connection.send(next_request(), now_ns_));
}

/// Long ones come at random: a fixed rhythm would meet the same workers of those who take turns.
std::string_view LoadRun::next_request() {
  if (options_.long_share > 0 && std::uniform_real_distribution<>()(dice_) < options_.long_share) {
    return long_;
  }
  post_credit_ += std::clamp(options_.post_share, 0.0, 1.0);
  if (post_credit_ < 1) return request_;
  post_credit_ -= 1;
  return post_;
}

std::uint64_t LoadRun::oldest_wait_ns() const {
  std::uint64_t oldest_ns = now_ns_;
  for (const Client& client : clients_) {
    if (client.due_ns) oldest_ns = std::min(oldest_ns, *client.due_ns);
  }
  if (arrived_ > sent_) oldest_ns = std::min(oldest_ns, due_ns(sent_));
  return now_ns_ - oldest_ns;
}

void LoadRun::publish() {
  const std::uint64_t queued = arrived_ > sent_ ? arrived_ - sent_ : 0;
  figures_.sent.store(sent_, std::memory_order_relaxed);
  figures_.answered.store(answered_, std::memory_order_relaxed);
  figures_.broken.store(broken_, std::memory_order_relaxed);
  figures_.failed_status.store(failed_status_, std::memory_order_relaxed);
  figures_.failed.store(failed_, std::memory_order_relaxed);
  figures_.ended.store(ended_, std::memory_order_relaxed);
  figures_.refused.store(refused_, std::memory_order_relaxed);
  figures_.waiting.store(in_flight_ + queued, std::memory_order_relaxed);
  if (now_ns_ >= next_measure_ns_) measure();
}

/// Since the start; never more than was measured.
std::uint64_t LoadRun::quantile_ns(double quantile) const {
  const double middle_ns = telemetry::histogram_quantile_ns(whole_, quantile);
  return std::min(static_cast<std::uint64_t>(middle_ns), longest_ns_);
}

void LoadRun::measure() {
  next_measure_ns_ = now_ns_ + kMeasureNs;
  const std::uint64_t oldest_ns = oldest_wait_ns();
  longest_ns_ = std::max(longest_ns_, oldest_ns);
  figures_.oldest_wait_ns.store(oldest_ns, std::memory_order_relaxed);
  figures_.longest_ns.store(longest_ns_, std::memory_order_relaxed);
  figures_.whole_p50_ns.store(quantile_ns(0.5), std::memory_order_relaxed);
  figures_.whole_p99_ns.store(quantile_ns(0.99), std::memory_order_relaxed);
  figures_.p50_ns.store(latencies_.quantile_ns(0.5), std::memory_order_relaxed);
  figures_.p99_ns.store(latencies_.quantile_ns(0.99), std::memory_order_relaxed);
  figures_.max_ns.store(latencies_.max_ns(), std::memory_order_relaxed);
  latencies_.end_period();
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
int LoadRun::timeout_ms() const {
  std::uint64_t due = next_measure_ns_;
  const bool any_closed = std::any_of(clients_.begin(), clients_.end(), [](const Client& client) {
    return client.connection.state() == ClientConnection::State::closed;
  });
  if (any_closed) due = std::min(due, next_scan_ns_);
  if (options_.requests_per_second > 0 && !ready_.empty()) due = std::min(due, due_ns(arrived_));
  const std::uint64_t left_ns = due > now_ns_ ? due - now_ns_ : 0;
  return static_cast<int>(std::max<std::uint64_t>((left_ns + 999'999) / 1'000'000, 1));
}

}  // namespace forkscope::load
