// One keep-alive client of a crowd (crowd.h), as its one connection sees the server. It never
// waits: the crowd tells it when something has arrived and when time has passed.
//
// It believes nothing. Every byte has to belong to the answer that is due: GET /v1/todos/N is
// answered with todo N and the title that was posted for it, a POST with its own title, and nothing
// comes that was not asked for. A connection that breaks is counted and followed by a new one.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/stream_socket.h"

namespace forkscope::support {

/// What a client does with its connection, again and again.
enum class Habit {
  loops,      ///< One request after the other; every fourth posts a todo.
  posts,      ///< The same, and each of them does.
  pipelines,  ///< Three requests at once, one of which posts.
  reads,      ///< The same, and none does.
  rests,      ///< Nothing. This and the following act once a round, when they are called on.
  cuts_head,  ///< Has sent half of the head of a POST; the rest, when called on.
  cuts_body,  ///< Has sent the head and half of the body.
  expects,    ///< Has sent the head with "Expect: 100-continue", and keeps the body.
};

/// What clients saw, all together.
struct Seen {
  using Clock = std::chrono::steady_clock;

  long answers = 0;
  std::map<int, long> statuses;
  std::map<std::string, long> by_worker;  ///< Answers, by X-Worker.
  long told_to_close = 0;                 ///< Answers with "Connection: close".
  long moves = 0;  ///< Answers by another process than the one before on the same connection.
  // Connections that broke, by what was owed at the time. With `broken` "a request" is meant that
  // was sent as a whole.
  long broken_with_request = 0;
  long broken_with_half = 0;
  long broken_at_rest = 0;
  Clock::duration longest_wait{};      ///< From the last byte of a request to that of its answer.
  std::vector<std::string> wrong;      ///< Answers that are not what was asked for; sentences.
  std::set<std::string> acknowledged;  ///< Titles answered with 201.
  std::set<std::string> sent;          ///< Titles of which at least a part was sent.
  int halves = 0;                      ///< Of requests that have been sent, now.
  std::map<std::string, int> connections;  ///< Now, by the worker that answered on them last.
};

/// Todos that there are: their titles, by id.
using Seeds = std::map<long, std::string>;

class CrowdClient {
 public:
  using Clock = Seen::Clock;

  CrowdClient(std::uint16_t port, int number, Habit habit, Clock::duration pause,
              const Seeds& seeds, Seen& seen);

  int fd() const { return socket_ ? socket_->fd() : -1; }
  /// Sends what is due; round: how often all have been called on.
  void act(Clock::time_point now, long round);
  /// Something has arrived, or the connection has ended.
  void receive(Clock::time_point now);
  /// The latest round in which it has sent a request that was answered.
  long answered_round() const { return answered_round_; }
  /// In the middle of a request.
  bool has_sent_half() const { return !rest_.empty() && due_.empty(); }
  /// The worker that has answered on this connection last, or "".
  const std::string& worker() const { return worker_; }
  /// For a message: what it waits for.
  std::string state(Clock::time_point now) const;

 private:
  struct Due {
    int status;
    std::string title;
    long id;  ///< Of the todo that was asked for; 0: of one that was posted.
    long round;
    Clock::time_point since;
  };
  struct Answer;

  void connect();
  bool is_patient() const { return habit_ >= Habit::rests; }
  std::string next_get();
  std::string next_post(std::string_view more_headers = "");
  void act_once_a_round(Clock::time_point now, long round);
  void send(std::string_view bytes);
  void start_waiting(Clock::time_point now, long round);
  void take_answers(Clock::time_point now);
  bool take_answer(Answer& answer);
  void check(const Answer& answer, Clock::time_point now);
  void broke();
  void complain(const std::string& what);

  const std::uint16_t port_;
  const int number_;
  const Habit habit_;
  const Clock::duration pause_;
  const Seeds& seeds_;
  Seen& seen_;

  std::optional<StreamSocket> socket_;
  std::string received_;
  std::deque<Due> prepared_;  ///< What the bytes that are sent next ask for.
  std::deque<Due> due_;
  std::string rest_;  ///< Of the request of which a half is sent.
  bool continued_ = false;
  bool told_to_close_ = false;
  std::string worker_;
  std::string worker_pid_;
  long count_ = 0;
  long posts_ = 0;
  long answered_round_ = 0;
  Clock::time_point next_at_{};
};

}  // namespace forkscope::support
