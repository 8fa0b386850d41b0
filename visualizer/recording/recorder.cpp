#include "recording/recorder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "forkscope/telemetry/crc32c.h"
#include "forkscope/telemetry/worker_report.h"
#include "recording/format.h"
#include "recording/recording_error.h"
#include "words/format.h"

namespace forkscope::recording {

namespace {

std::string reason() { return std::generic_category().message(errno); }

}  // namespace

Recorder::Recorder(const std::string& path) : path_(path) {
  file_ = os::UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!file_) throw RecordingError("cannot record to " + path + ": " + reason());
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0) {
    throw RecordingError("cannot record to " + path + ": " + reason());
  }
  if (S_ISREG(info.st_mode) && info.st_size > 0) {
    throw RecordingError("cannot record to " + path +
                         ": there is such a file already; take another name");
  }
  FileHeader header;
  header.utc_offset_s = words::utc_offset_s(static_cast<std::int64_t>(telemetry::wall_clock_ns()));
  header.crc32c =
      telemetry::crc32c(std::as_bytes(std::span(&header, 1)).first(offsetof(FileHeader, crc32c)));
  if (!append(&header, sizeof header)) throw RecordingError(error_);
}

void Recorder::add(const codec::FrameEncoder::Encoded& frame) {
  if (!error_.empty()) return;
  ChunkHeader header;
  header.kind =
      static_cast<std::uint32_t>(frame.key ? ChunkKind::key_frame : ChunkKind::changed_frame);
  header.time_ns = frame.time_ns;
  header.bytes = static_cast<std::uint32_t>(frame.bytes.size());
  const auto covered = std::as_bytes(std::span(&header, 1))
                           .subspan(offsetof(ChunkHeader, kind),
                                    offsetof(ChunkHeader, crc32c) - offsetof(ChunkHeader, kind));
  header.crc32c = telemetry::crc32c(frame.bytes, telemetry::crc32c(covered));
  std::vector<std::byte> chunk(sizeof header + frame.bytes.size());
  std::memcpy(chunk.data(), &header, sizeof header);
  std::memcpy(chunk.data() + sizeof header, frame.bytes.data(), frame.bytes.size());
  append(chunk.data(), chunk.size());
}

bool Recorder::append(const void* data, std::size_t bytes) {
  const auto* next = static_cast<const std::byte*>(data);
  while (bytes > 0) {
    const ssize_t count = ::write(file_.get(), next, bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      error_ = "recording to " + path_ + " has stopped: " + reason();
      return false;
    }
    next += count;
    bytes -= static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace forkscope::recording
