#include "support/crowd_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

namespace forkscope::support {

struct CrowdClient::Answer {
  int status = 0;
  std::map<std::string, std::string> fields;  ///< Names in lower case.
  std::string body;

  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
};

namespace {

using nlohmann::json;

/// -1 where it is no number.
long number_of(std::string_view text) {
  long value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : -1;
}

/// "Name: value" lines. False where one is something else.
bool read_fields(std::string_view lines, std::map<std::string, std::string>& fields) {
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) return false;
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    fields[name] = line.substr(colon + 2);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 2);
  }
  return true;
}

}  // namespace

CrowdClient::CrowdClient(std::uint16_t port, int number, Habit habit, Clock::duration pause,
                         const Seeds& seeds, Seen& seen)
    : port_(port), number_(number), habit_(habit), pause_(pause), seeds_(seeds), seen_(seen) {
  connect();
}

void CrowdClient::connect() {
  received_.clear();
  prepared_.clear();
  due_.clear();
  rest_.clear();
  continued_ = told_to_close_ = false;
  worker_.clear();
  worker_pid_.clear();
  try {
    socket_.emplace(StreamSocket::connect_loopback(port_));
    const int on = 1;
    ::setsockopt(socket_->fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  } catch (const std::system_error&) {
    socket_.reset();  // nobody listens; the next act() tries again
  }
}

std::string CrowdClient::next_get() {
  auto seed = seeds_.begin();
  std::advance(seed, (number_ * 7 + count_) % static_cast<long>(seeds_.size()));
  prepared_.push_back({200, seed->second, seed->first, 0, {}});
  return "GET /v1/todos/" + std::to_string(seed->first) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string CrowdClient::next_post(std::string_view more_headers) {
  const std::string title = std::to_string(number_) + "/" + std::to_string(++posts_);
  const std::string body = json{{"title", title}}.dump();
  prepared_.push_back({201, title, 0, 0, {}});
  return "POST /v1/todos HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + std::string(more_headers) + "\r\n" + body;
}

void CrowdClient::act(Clock::time_point now, long round) {
  if (!socket_) connect();
  if (!socket_ || !due_.empty() || told_to_close_ || now < next_at_) return;
  ++count_;
  if (is_patient()) return act_once_a_round(now, round);
  if (habit_ == Habit::pipelines) {
    const std::string first = next_get();
    const std::string second = next_post();
    ++count_;
    send(first + second + next_get());
  } else {
    const bool is_post = habit_ == Habit::posts || (habit_ == Habit::loops && count_ % 4 == 0);
    send(is_post ? next_post() : next_get());
  }
  start_waiting(now, round);
}

void CrowdClient::act_once_a_round(Clock::time_point now, long round) {
  if (!rest_.empty()) {
    if (round <= answered_round_ || (habit_ == Habit::expects && !continued_)) return;
    send(rest_);
    rest_.clear();
    return start_waiting(now, round);
  }
  if (worker_.empty() || habit_ == Habit::rests) {  // a whole one, to be somebody's
    if (answered_round_ >= round && !worker_.empty()) return;
    send(next_get());
    return start_waiting(now, round);
  }
  const std::string request = next_post(habit_ == Habit::expects ? "Expect: 100-continue\r\n" : "");
  const std::size_t body = request.find("\r\n\r\n") + 4;
  const std::size_t cut = habit_ == Habit::cuts_head   ? body / 2
                          : habit_ == Habit::cuts_body ? (body + request.size()) / 2
                                                       : body;
  rest_ = request.substr(cut);
  send(std::string_view(request).substr(0, cut));
}

/// What does not fit, or finds nobody, shows as a connection that has ended.
void CrowdClient::send(std::string_view bytes) {
  for (const Due& due : prepared_) {
    if (due.id == 0) seen_.sent.insert(due.title);
  }
  const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0 && static_cast<std::size_t>(sent) != bytes.size()) complain("no room to send");
}

void CrowdClient::start_waiting(Clock::time_point now, long round) {
  for (Due& due : prepared_) {
    due.since = now;
    due.round = round;
    due_.push_back(std::move(due));
  }
  prepared_.clear();
}

void CrowdClient::receive(Clock::time_point now) {
  std::array<char, 16384> buffer;  // not initialised: it is written before it is read
  const ssize_t size = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return broke();
  received_.append(buffer.data(), static_cast<std::size_t>(size));
  take_answers(now);
}

void CrowdClient::take_answers(Clock::time_point now) {
  while (!received_.empty()) {
    Answer answer;
    if (!take_answer(answer)) return;
    if (answer.status == 100) {
      if (habit_ != Habit::expects || continued_ || (rest_.empty() && due_.empty())) {
        complain("a 100 Continue that nobody expects");
      }
      continued_ = true;
    } else if (due_.empty()) {
      complain("an answer to nothing: " + std::to_string(answer.status) + " " + answer.body);
    } else {
      check(answer, now);
      continued_ = false;
    }
  }
}

/// Takes one whole answer. False when there is none yet, or what there is can't be one.
bool CrowdClient::take_answer(Answer& answer) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  const std::string_view start = std::string_view(received_).substr(0, kVersion.size());
  const std::size_t head = received_.find("\r\n\r\n");
  if (start != kVersion.substr(0, start.size())) {
    complain("bytes that are no answer: " + received_.substr(0, 80));
    received_.clear();
    return false;
  }
  if (head == std::string::npos) return false;
  answer.status = static_cast<int>(number_of(std::string_view(received_).substr(9, 3)));
  const std::size_t fields = received_.find("\r\n") + 2;
  const bool has_fields = fields < head;
  long size = 0;
  bool is_whole =
      !has_fields ||
      read_fields(std::string_view(received_).substr(fields, head - fields), answer.fields);
  if (answer.status != 100) size = number_of(answer.field("content-length"));
  is_whole = is_whole && size >= 0;
  if (!is_whole) {
    complain("a head that is none: " + received_.substr(0, head));
    received_.clear();
    return false;
  }
  const std::size_t end = head + 4 + static_cast<std::size_t>(size);
  if (received_.size() < end) return false;
  answer.body = received_.substr(head + 4, static_cast<std::size_t>(size));
  received_.erase(0, end);
  return true;
}

void CrowdClient::check(const Answer& answer, Clock::time_point now) {
  const Due due = due_.front();
  due_.pop_front();
  ++seen_.answers;
  ++seen_.statuses[answer.status];
  seen_.longest_wait = std::max(seen_.longest_wait, now - due.since);
  worker_ = answer.field("x-worker");
  ++seen_.by_worker[worker_];
  const std::string pid = std::exchange(worker_pid_, answer.field("x-worker-pid"));
  if (!pid.empty() && pid != worker_pid_) ++seen_.moves;
  if (answer.field("connection") == "close") {
    ++seen_.told_to_close;
    told_to_close_ = true;
  }
  const json todo = json::parse(answer.body, nullptr, false);
  if (answer.status != due.status) {
    complain(std::to_string(answer.status) + " in place of " + std::to_string(due.status) + ": " +
             answer.body);
  } else if (!todo.is_object() || todo.value("title", "") != due.title ||
             (due.id != 0 && todo.value("id", 0L) != due.id)) {
    complain("asked for " + due.title + ", got " + answer.body);
  } else if (due.id == 0 && !seen_.acknowledged.insert(due.title).second) {
    complain("acknowledged twice: " + due.title);
  }
  answered_round_ = std::max(answered_round_, due.round);
  // A little different for each, so that they don't march in step.
  if (due_.empty()) next_at_ = now + pause_ + pause_ * (number_ % 8) / 16;
}

void CrowdClient::broke() {
  if (!received_.empty()) complain("half an answer: " + received_.substr(0, 80));
  if (!due_.empty()) {
    ++seen_.broken_with_request;
  } else if (!rest_.empty()) {
    ++seen_.broken_with_half;
  } else if (!told_to_close_) {
    ++seen_.broken_at_rest;
  }
  connect();
}

void CrowdClient::complain(const std::string& what) {
  constexpr std::size_t kEnough = 20;
  if (seen_.wrong.size() < kEnough) {
    seen_.wrong.push_back("client " + std::to_string(number_) + ": " + what);
  }
}

std::string CrowdClient::state(Clock::time_point now) const {
  using std::chrono::milliseconds;
  std::string text = "client " + std::to_string(number_) + " of worker " + worker_;
  if (due_.empty() && habit_ == Habit::expects && !continued_) return text + " was not invited";
  if (due_.empty()) return text + (rest_.empty() ? " rests" : " has sent a half");
  return text + " has waited for " + due_.front().title + " for " +
         std::to_string(std::chrono::floor<milliseconds>(now - due_.front().since).count()) + " ms";
}

}  // namespace forkscope::support
