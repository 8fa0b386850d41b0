// A crowd of keep-alive clients (crowd_client.h) that uses a server while a test does something to
// it, and tells what clients saw: the independent witness of what the server counts.
//
// Posts its seeds, connects everybody and waits until each client has been answered once; from then
// on a thread of its own leads all of them until the end of the object. Its functions are for the
// thread of the test.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <iosfwd>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/crowd_client.h"
#include "support/server_process.h"

namespace forkscope::support {

/// 64 as they come: most in a loop, some at rest.
using Habits = std::vector<std::pair<Habit, int>>;
inline const Habits kMixed = {{Habit::loops, 52}, {Habit::rests, 12}};

class Crowd {
 public:
  /// `pause`: of a client between an answer and its next request.
  explicit Crowd(const ServerProcess& server, const Habits& habits = kMixed,
                 std::chrono::milliseconds pause = std::chrono::milliseconds(20));
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  /// Calls on everybody, and waits until each has sent a request after that and was answered. Says
  /// on stderr who was not in time.
  bool everybody_is_answered(std::chrono::milliseconds timeout = std::chrono::seconds(20));
  /// Calls on those that act once a round, and waits for nobody.
  void call_on_all() { ++round_; }
  Seen seen() const;
  /// Lets all of them end their requests and go. Nothing is seen after that.
  void go_home();

 private:
  void lead();
  bool is_answered(long round) const;

  mutable std::mutex mutex_;  ///< Of what is seen, and the clients.
  Seeds seeds_;
  Seen seen_;
  std::deque<CrowdClient> clients_;
  std::atomic<long> round_ = 1;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

/// Nothing, or what is wrong with `titles`, all those that the server has in the end: each
/// acknowledged todo has to be there once, and one that was sent without an answer once at most.
std::string audit(const Seen& seen, const std::vector<std::string>& titles);

/// For messages of tests.
void PrintTo(const Seen& seen, std::ostream* out);

}  // namespace forkscope::support
