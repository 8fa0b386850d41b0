// What recording and replaying throw.
#pragma once

#include <stdexcept>

namespace forkscope::recording {

/// Why a recording cannot be written or replayed, in one line that names the file.
class RecordingError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace forkscope::recording
