// What headers of the visualizer promise, and debug builds check: a breach ends the process where
// it happens, and not as a wrong picture much later.
#include <gtest/gtest.h>

#include <thread>

#include "codec/frame_store.h"
#include "live/latency_meter.h"
#include "os/one_thread.h"

namespace forkscope {
namespace {

#ifndef NDEBUG

TEST(VisualizerContracts, WhatBelongsToOneThreadIsNoOthers) {
  const os::OneThread main;
  EXPECT_TRUE(main.is_here());
  bool elsewhere = true;
  std::thread([&] { elsewhere = main.is_here(); }).join();
  EXPECT_FALSE(elsewhere);
}

codec::FrameEncoder::Encoded frame(bool key, std::uint64_t time_ns) {
  return {.key = key, .time_ns = time_ns, .bytes = {}};
}

TEST(VisualizerContractsDeathTest, FramesAscend) {
  codec::FrameStore frames(1'000, 1'000);
  frames.add(frame(true, 100));
  frames.add(frame(false, 101));
  EXPECT_DEATH(frames.add(frame(false, 101)), "time_ns");
}

TEST(VisualizerContractsDeathTest, TheFirstFrameIsAKeyFrame) {
  codec::FrameStore frames(1'000, 1'000);
  EXPECT_DEATH(frames.add(frame(false, 100)), "key");
}

TEST(VisualizerContractsDeathTest, SamplesAreInOrderOfTime) {
  live::LatencyMeter meter;
  meter.add(100, {});
  EXPECT_DEATH(meter.add(99, {}), "time_ns");
}

#endif

}  // namespace
}  // namespace forkscope
