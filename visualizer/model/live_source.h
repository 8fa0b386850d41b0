// The live source: finds a running server, attaches, and keeps reading.
//
// Asks the control socket for the segment (never blocks the caller for longer than 50 ms), has it
// read (segment_reader.h), samples /proc/stat and its own CPU time. When the server goes away it
// says so, keeps looking, and attaches again; a restarted server is a new instance. Main thread
// only.
//
// No connection stays open: the primary's life is followed by a pidfd, and by the age of its
// heartbeat where the pid means nothing here. Where several servers run, the others are looked at
// every two seconds (server_probe.h). Only a server that has not answered yet keeps one connection:
// the question that it may still answer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "model/segment_reader.h"

namespace forkscope::model {

class LiveSource {
 public:
  /// Without a port: the only running server, or the one with the lowest port as soon as there is
  /// one, until another is chosen.
  explicit LiveSource(std::optional<std::uint16_t> port);
  ~LiveSource();

  /// What has happened since the last call. Cheap: call it once per frame.
  void poll();

  /// Ports on which servers run, ascending, as of two seconds ago at the most: what there is to
  /// choose from. Of one that cannot be read, too.
  const std::vector<std::uint16_t>& ports() const;
  /// Whether one runs there now.
  bool runs(std::uint16_t port);
  /// From now on the server on that port is looked at, and no other.
  void choose(std::uint16_t port);

  const Snapshot& snapshot() const;
  // What the latest poll has brought; see News.
  const std::vector<Answer>& answers() const;
  const std::vector<telemetry::EventRecord>& events() const;
  const std::vector<LatencyCount>& latency() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace forkscope::model
