// One line of a program's reports: what it may say, and what each part may be. The protocol is told
// in docs/report-protocol.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "forkscope/telemetry/layout.h"

namespace forkscope::program {

/// With its line feed. POSIX promises that so much is written to a pipe at once or not at all, also
/// where several processes write to it (PIPE_BUF, pipe(7)).
inline constexpr std::size_t kMaxReportBytes = 512;
inline constexpr std::size_t kMaxIdBytes = 32;

struct Report {
  enum class Kind { begin, end, beat, ready };
  Kind kind = Kind::beat;
  std::string_view id = {};  ///< Of begin and end; part of the line, as is `path`.
  telemetry::Method method = telemetry::Method::other;
  std::string_view path = {};  ///< Without its query.
  std::uint32_t status = 0;    ///< 100 … 599.
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> took_us = {};  ///< As the program has measured it.
};

/// `line` is any bytes, without the line feed. Nothing where it is no report.
std::optional<Report> parse_report(std::string_view line);

}  // namespace forkscope::program
