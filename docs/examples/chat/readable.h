// A descriptor that stays its owner's, and what the loop does each time that it can be read: how an
// Asio loop waits for signals (signalfd(2)) and for the bus (eventfd(2)).
//
// Asio asks the kernel for edges, and asks anew for each wait: so what was there before is not
// missed. Not to be destroyed by what it calls.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <utility>

#include "step_executor.h"

namespace forkscope::chat {

class Readable {
 public:
  Readable(const StepExecutor& executor, int fd, std::function<void()> on_readable)
      : descriptor_(asio::any_io_executor(executor), fd), on_readable_(std::move(on_readable)) {
    wait();
  }
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;
  ~Readable() { descriptor_.release(); }

 private:
  void wait() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [this](boost::system::error_code error) {
                             if (error) return;  // released
                             on_readable_();
                             wait();
                           });
  }

  asio::posix::stream_descriptor descriptor_;
  std::function<void()> on_readable_;
};

}  // namespace forkscope::chat
