// Writes a recording, frame by frame, as it happens.
//
// Owns the file's descriptor. One write(2) per frame, ten per second: little enough to be done by
// the thread that watches. Nothing is kept back, so there is nothing to do at the end.
#pragma once

#include <string>

#include "codec/frame_codec.h"
#include "os/unique_fd.h"

namespace forkscope::recording {

class Recorder {
 public:
  /// Creates the file, readable by its owner and as the umask says. Throws RecordingError when that
  /// fails, also when there is a file with something in it: a recording is never overwritten.
  explicit Recorder(const std::string& path);

  /// Appends a frame. After a failure (a full disk) there is nothing more to do but to say so:
  /// what was written stays readable.
  void add(const codec::FrameEncoder::Encoded& frame);

  /// Why recording has stopped, in one line; empty while it goes on.
  const std::string& error() const { return error_; }

 private:
  bool append(const void* data, std::size_t bytes);

  std::string path_;
  os::UniqueFd file_;
  std::string error_;
};

}  // namespace forkscope::recording
