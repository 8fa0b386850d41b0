// The thread that OpenGL is used on, and nothing else is done on.
//
// Showing a frame waits for the screen: a sixtieth of a second as a rule, a second for a hidden
// window under XWayland, for ever behind a compositor that is stuck. Whoever watches, records and
// takes keys cannot wait with it, so the main thread only hands over what is to be drawn.
//
// Tasks run one after the other, in order. All methods are for the main thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "os/one_thread.h"

namespace forkscope::app {

class GlThread {
 public:
  GlThread() : thread_([this] { work(); }) {}
  /// Waits for the tasks that are left.
  ~GlThread();
  GlThread(const GlThread&) = delete;
  GlThread& operator=(const GlThread&) = delete;

  using Task = std::function<void()>;
  /// Has it done some time.
  void post(Task task);
  /// Has it done, and waits for it. Only while nothing that waits for the screen is before it.
  void run(Task task);
  /// Whether everything has been done within `timeout`.
  bool idle(std::chrono::milliseconds timeout = std::chrono::milliseconds(0)) const;

 private:
  void work();

  [[no_unique_address]] os::OneThread user_;

  mutable std::mutex mutex_;  // of all below but the thread itself
  mutable std::condition_variable changed_;
  std::deque<Task> tasks_;  // the first one stays until it has been done
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace forkscope::app
