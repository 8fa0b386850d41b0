// A primary's dealer and four workers of which there is only the end of a socket: who gets which
// connection, and what is told of it. Time is an argument.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forkscope/telemetry/lane.h"
#include "forkscope/telemetry/segment.h"
#include "forkscope/telemetry/segment_view.h"
#include "protection/custody.h"
#include "protection/worker_end.h"
#include "supervisor/dealer.h"
#include "supervisor/event_log.h"

namespace forkscope::supervisor {

class DealingTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kWorkers = 4;
  static constexpr std::uint64_t kMs = 1'000'000;
  static constexpr std::uint64_t kNow = 1000 * kMs;

  static WorkerProcess worker(std::uint32_t number) { return {number, 4000 + number, 1}; }
  static std::size_t index(std::uint32_t number) { return number - 1; }

  Dealer::Receiver receiver(std::uint32_t number) {
    return {worker(number), &custodies_[index(number)]};
  }
  std::vector<Dealer::Receiver> receivers(const std::vector<std::uint32_t>& numbers) {
    std::vector<Dealer::Receiver> receivers;
    for (const std::uint32_t number : numbers) receivers.push_back(receiver(number));
    return receivers;
  }
  void has_connections(std::uint32_t number, std::uint64_t count) {
    segment_.slot(index(number)).connections_open(count);
  }

  /// A connection as a keeper sends it; `bytes` tell it from others.
  static protection::Message connection(std::string_view bytes = "GET") {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
    const os::UniqueFd from(pair[0]);
    const os::UniqueFd to(pair[1]);
    const os::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    protection::Entry entry{};
    entry.stage = static_cast<std::uint32_t>(protection::Stage::open);
    entry.bytes = static_cast<std::uint32_t>(bytes.size());
    entry.received = bytes.size();
    EXPECT_EQ(protection::send_parcel(from.get(), socket.get(), entry, bytes),
              protection::Sent::yes);
    auto message = protection::receive_message(to.get());
    EXPECT_TRUE(message);
    return std::move(*message);
  }

  protection::WorkerEnd end_of(std::uint32_t number) {
    const protection::Custody& custody = custodies_[index(number)];
    return protection::WorkerEnd({custody.ledger(), custody.for_child()[1]});
  }
  /// What a worker has got and not taken yet; it takes it.
  std::vector<std::string> adopted(std::uint32_t number) {
    std::vector<std::string> adopted;
    protection::WorkerEnd end = end_of(number);
    while (const auto heard = end.hear()) {
      if (!heard->connection) continue;
      const auto parcel = protection::parcel_of(*heard->connection);
      adopted.emplace_back(parcel->received);
      end.adopted(parcel->entry.parcel);
    }
    return adopted;
  }
  /// How many connections a worker is asked for.
  std::optional<std::uint32_t> asked_for(std::uint32_t number) {
    while (const auto heard = end_of(number).hear()) {
      if (heard->give != 0) return heard->give;
    }
    return std::nullopt;
  }

  /// Events of that kind, in their order.
  std::vector<telemetry::EventRecord> events(telemetry::EventKind kind) const {
    std::vector<telemetry::EventRecord> found;
    const auto lane = view_.events();
    for (std::uint64_t n = 0; n < lane.head(); ++n) {
      const auto event = lane.read(n);
      if (event && event->kind == static_cast<std::uint16_t>(kind)) found.push_back(*event);
    }
    return found;
  }
  static std::string text_of(const telemetry::EventRecord& event) {
    return {event.text, event.text_bytes};
  }

  telemetry::Segment segment_ =
      telemetry::Segment::create({.slots = kWorkers, .port = 8000, .host = "127.0.0.1"});
  telemetry::SegmentView view_ = telemetry::SegmentView::over(segment_.data(), segment_.size());
  EventLog events_{segment_, view_, LogFormat::text};
  std::array<protection::Custody, kWorkers> custodies_{
      protection::Custody(64), protection::Custody(64), protection::Custody(64),
      protection::Custody(64)};
  Dealer dealer_{view_, events_};
};

}  // namespace forkscope::supervisor
