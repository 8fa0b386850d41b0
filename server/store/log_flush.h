// Brings a file to the disk while its worker goes on: a thread that knows nothing but fdatasync(2),
// so that a disk that stalls holds up answers, and not the event loop. (The kernel could do it as
// well, io_submit(2) with IOCB_CMD_FDSYNC; but where all CPUs are taken it comes to that a hundred
// times later than a thread does.)
//
//   begin() ─▶ the thread syncs ─▶ `wake` is signalled ─▶ result()
//
// Nothing is shared with the thread but the word `state_`. One per process, used by its first
// thread. The file and the eventfd are borrowed.
#pragma once

#include <atomic>
#include <optional>
#include <thread>

namespace forkscope::store {

class LogFlush {
 public:
  /// `wake` is an eventfd that is signalled whenever a flush is through; -1: none.
  explicit LogFlush(int wake) : wake_(wake) {}
  LogFlush(const LogFlush&) = delete;
  LogFlush& operator=(const LogFlush&) = delete;
  /// Waits for a flush that is under way.
  ~LogFlush();

  /// Begins to bring all that has been written to the file so far to the disk. Only after the
  /// latest one has given its result. Waits itself where the system has no thread for it.
  void begin(int file);
  bool under_way() const { return under_way_; }
  /// Of the one that is under way: 0 or errno, once. Nothing: it is not through.
  std::optional<int> result();

 private:
  // What there is to do, or how it went.
  static constexpr int kNothing = -1;
  static constexpr int kEnd = -2;
  static constexpr int kSync = -3;  ///< Above these: a result.

  bool start();
  void work();

  int wake_;
  int file_ = -1;
  bool under_way_ = false;
  std::atomic<int> state_ = kNothing;
  std::thread thread_;
};

}  // namespace forkscope::store
