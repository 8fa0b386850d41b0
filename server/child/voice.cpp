#include "child/voice.h"

#include <poll.h>

#include <string>

#include "forkscope/telemetry/clock.h"
#include "forkscope/telemetry/layout.h"
#include "os/descriptor_passing.h"

namespace forkscope::child {

namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::size_t kMethodBytes = 16;

}  // namespace

bool Voice::say(Mark mark, std::string_view text, std::span<const int> descriptors) const {
  std::string message(1, static_cast<char>(mark));
  message.append(text.substr(0, kMaxMessage - 1));
  return os::send_with_descriptors(socket_, message, descriptors);
}

void Voice::await_room() const {
  pollfd socket{socket_, POLLOUT, 0};
  ::poll(&socket, 1, -1);
}

void Voice::log(Mark level, std::string_view line) {
  if (!lines_.take(telemetry::now_ns()) || !say(level, line)) slot_.log_line_dropped();
}

void Voice::exception(const Exception& thrown) {
  if (!exceptions_.take(telemetry::now_ns())) return;
  std::string text = std::to_string(thrown.request) + '\0';
  text.append(thrown.method.substr(0, kMethodBytes)).append(1, ' ');
  text.append(thrown.path.substr(0, telemetry::kPathBytes)).append(1, '\0');
  text.append(thrown.what);
  say(Mark::exception, text);
}

bool Voice::Budget::take(std::uint64_t now_ns) {
  if (now_ns - second_begins_ns_ >= kSecondNs) {
    second_begins_ns_ = now_ns;
    taken_ = 0;
  }
  return taken_++ < per_second_;
}

}  // namespace forkscope::child
