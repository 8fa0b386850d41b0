// A made-up run of a server, as a recording: what the golden images show.
//
// Everything in it is fixed (times, pids, figures), so that its pictures are the same on every
// machine that has the same fonts and draws with the same driver.
#pragma once

#include <cstdint>
#include <filesystem>

#include "history/history.h"

namespace forkscope::visualizer_test {

/// Forty seconds of `workers` under load. Worker 3 hangs from second 12 on, is killed at 17 and
/// comes back; worker 2 crashes at 22; nobody looks from 27 to 28.5; from 32 on all of the first
/// four hang. Where there are fewer workers, less happens.
///
/// With `connections` that are protected, each worker has that many, and they move: those of one
/// that hangs or crashes to the others, and back when it has a successor.
///
/// Returns the beginning, CLOCK_MONOTONIC.
std::uint64_t play_scenario(history::History& history, std::uint32_t workers,
                            std::uint32_t connections = 0);
/// The same into `file`, which must not exist.
void record_scenario(const std::filesystem::path& file, std::uint32_t workers,
                     std::uint32_t connections = 0);

}  // namespace forkscope::visualizer_test
