#include "program/report_lines.h"

#include <algorithm>

#include "program/report.h"

namespace forkscope::program {

bool ReportLines::next(std::string_view& line) {
  if (taken_) begun_.clear();
  const std::size_t end = unread_.find('\n');
  const std::string_view part = unread_.substr(0, end);
  taken_ = end != std::string_view::npos;
  if (taken_ && begun_.empty()) {
    line = part.substr(0, kMaxReportBytes);
  } else {
    begun_.append(part.substr(0, kMaxReportBytes - std::min(begun_.size(), kMaxReportBytes)));
    line = begun_;
  }
  unread_.remove_prefix(taken_ ? end + 1 : unread_.size());
  return taken_;
}

}  // namespace forkscope::program
