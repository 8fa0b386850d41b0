#include "text/line_log.h"

#include <utility>

#include "words/format.h"

namespace forkscope::text {

namespace {

constexpr std::size_t kMostKept = 1 << 20;  // bytes

}  // namespace

void LineLog::add(std::string_view line) {
  if (left_out_ > 0 || lines_.kept() + line.size() > kMostKept) {
    ++left_out_;
  } else {
    lines_.write(in_charset(line, charset_));
  }
}

void LineLog::complain(std::string_view notice) {
  notices_.write(in_charset("todos-visualizer: " + std::string(notice) + '\n', charset_));
}

bool LineLog::flush() {
  notices_.flush();
  if (!lines_.flush()) return false;
  if (left_out_ == 0 || lines_.kept() > 0) return true;
  const std::string count = words::counted(std::exchange(left_out_, 0), "line");
  return lines_.write("(" + count + " left out: nobody read them)\n");
}

}  // namespace forkscope::text
