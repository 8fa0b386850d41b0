#include "app/gl_thread.h"

#include <cassert>
#include <utility>

namespace forkscope::app {

GlThread::~GlThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void GlThread::post(Task task) {
  assert(user_.is_here());
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_all();
}

void GlThread::run(Task task) {
  post(std::move(task));
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return tasks_.empty(); });
}

bool GlThread::idle(std::chrono::milliseconds timeout) const {
  assert(user_.is_here());
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return tasks_.empty(); });
}

void GlThread::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    Task& task = tasks_.front();  // stays where it is while others are added (deque)
    lock.unlock();
    task();
    lock.lock();
    tasks_.pop_front();
    changed_.notify_all();
  }
}

}  // namespace forkscope::app
