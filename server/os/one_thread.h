// Who may use an object that belongs to the thread that made it, and so to its process: a child
// that is forked later is another one. Costs nothing where asserts are off.
//
//   [[no_unique_address]] os::OneThread owner_;
//   …
//   assert(owner_.is_here());
#pragma once

#include <unistd.h>

namespace forkscope::os {

class OneThread {
 public:
#ifdef NDEBUG
  // Not defaulted: Clang would call a member of this class unused, where no assert asks it.
  OneThread() {}  // NOLINT(modernize-use-equals-default)
  static bool is_here() { return true; }
#else
  bool is_here() const { return thread_ == ::gettid(); }

 private:
  pid_t thread_ = ::gettid();  // a number that no other living thread has, of whichever process
#endif
};

}  // namespace forkscope::os
