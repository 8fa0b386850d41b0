#include "support/crowd.h"

#include <poll.h>

#include <algorithm>
#include <iostream>
#include <ostream>
#include <stdexcept>

#include "support/todos.h"
#include "support/wait_until.h"

namespace forkscope::support {

namespace {

constexpr int kSeeds = 16;
constexpr int kTickMs = 2;  // how late a client's pause may end

/// On one connection: a server under test may have better things to do.
Seeds post_seeds(const ServerProcess& server) {
  Seeds seeds;
  HttpConnection connection(server.port());
  for (int i = 0; i < kSeeds; ++i) {
    const std::string title = "seed " + std::to_string(i);
    connection.send_request("POST", "/v1/todos", todo(title));
    const auto response = connection.read_response();
    if (response.status != 201) throw std::runtime_error("no seed: " + response.body);
    seeds[nlohmann::json::parse(response.body).at("id")] = title;
  }
  return seeds;
}

}  // namespace

Crowd::Crowd(const ServerProcess& server, const Habits& habits, std::chrono::milliseconds pause)
    : seeds_(post_seeds(server)) {
  for (const auto& [habit, count] : habits) {
    for (int i = 0; i < count; ++i) {
      const auto number = static_cast<int>(clients_.size()) + 1;
      clients_.emplace_back(server.port(), number, habit, pause, seeds_, seen_);
    }
  }
  thread_ = std::thread([this] { lead(); });
  if (!wait_until([&] { return is_answered(1); }, std::chrono::seconds(20))) {
    go_home();
    throw std::runtime_error("not everybody was answered at the start");
  }
}

Crowd::~Crowd() { go_home(); }

void Crowd::go_home() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
}

void Crowd::lead() {
  std::vector<pollfd> entries(clients_.size());
  while (!over_) {
    for (std::size_t i = 0; i < clients_.size(); ++i) entries[i] = {clients_[i].fd(), POLLIN, 0};
    ::poll(entries.data(), entries.size(), kTickMs);
    const std::lock_guard lock(mutex_);
    const auto now = Seen::Clock::now();
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (entries[i].revents != 0) clients_[i].receive(now);
      clients_[i].act(now, round_);
    }
  }
}

bool Crowd::is_answered(long round) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::all_of(
      clients_, [&](const CrowdClient& client) { return client.answered_round() >= round; });
}

bool Crowd::everybody_is_answered(std::chrono::milliseconds timeout) {
  const long round = ++round_;
  if (wait_until([&] { return is_answered(round); }, timeout)) return true;
  const std::lock_guard lock(mutex_);
  const auto now = Seen::Clock::now();
  for (const CrowdClient& client : clients_) {
    if (client.answered_round() < round) std::cerr << client.state(now) << '\n';
  }
  return false;
}

Seen Crowd::seen() const {
  const std::lock_guard lock(mutex_);
  Seen seen = seen_;
  for (const CrowdClient& client : clients_) {
    ++seen.connections[client.worker()];
    if (client.has_sent_half()) ++seen.halves;
  }
  return seen;
}

std::string audit(const Seen& seen, const std::vector<std::string>& titles) {
  std::map<std::string, int> there;
  for (const std::string& title : titles) ++there[title];
  std::string wrong;
  for (const std::string& title : seen.sent) {
    const int count = there[title];
    if (count > 1) wrong += title + " is there " + std::to_string(count) + " times; ";
    if (count == 0 && seen.acknowledged.contains(title)) wrong += title + " is missing; ";
  }
  return wrong;
}

void PrintTo(const Seen& seen, std::ostream* out) {
  using std::chrono::milliseconds;
  *out << seen.answers << " answers (";
  for (const auto& [status, count] : seen.statuses) *out << status << ": " << count << ' ';
  *out << "), " << seen.moves << " moves, " << seen.told_to_close
       << " told to close; broken: " << seen.broken_with_request << " with a request, "
       << seen.broken_with_half << " with half of one, " << seen.broken_at_rest
       << " at rest; longest wait " << std::chrono::floor<milliseconds>(seen.longest_wait).count()
       << " ms; now:";
  for (const auto& [worker, count] : seen.connections) *out << " w" << worker << "=" << count;
  for (const std::string& what : seen.wrong) *out << "\n  " << what;
}

}  // namespace forkscope::support
