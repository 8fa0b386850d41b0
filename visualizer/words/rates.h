// Rates that stand on one screen: all rounded to the same step, so that those of the workers add up
// to the one above them, to the last digit shown.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "forkscope/telemetry/worker_report.h"

namespace forkscope::words {

/// Whole numbers that add up to `whole` and are each as near as possible to their part of it: what
/// is left over after rounding down goes where most was cut off (largest remainder). Zeros for
/// parts that are all zero.
std::vector<std::uint64_t> apportioned(std::span<const double> parts, std::uint64_t whole);

class Rates {
 public:
  /// Of the workers of one picture.
  explicit Rates(std::span<const telemetry::WorkerReport> workers);

  /// Of all workers together.
  double whole() const { return whole_; }
  std::string whole_text() const;  ///< "104.2k"; "1,204" where no worker reaches a thousand.
  /// Of one worker, 0 if it was not in the picture.
  double of(std::uint32_t number) const;
  std::string text_of(std::uint32_t number) const;  ///< "26.1k", "850", "0"; "<0.1k" for a trace.

 private:
  struct Part {
    double exact = 0;
    std::uint64_t steps = 0;
  };

  std::uint64_t step_ = 1;  // requests per second
  double whole_ = 0;
  std::vector<Part> parts_;  // index = number - 1
};

}  // namespace forkscope::words
