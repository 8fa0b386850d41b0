// The live source: finds a running server, attaches, and keeps reading.
//
// Asks the control socket for the segment (never blocks the caller for longer than 50 ms), has it
// read (segment_reader.h), samples /proc/stat and its own CPU time. When the server goes away it
// says so, keeps looking, and attaches again; a restarted server is a new instance. Main thread
// only.
//
// No connection stays open: the primary's life is followed by a pidfd, and by the age of its
// heartbeat where the pid means nothing here. Where several servers run, the others are looked at
// every two seconds (server_probe.h). A server whose socket moves is followed by its process. Only
// a server that has not answered yet keeps one connection: the question that it may still answer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "live/segment_reader.h"
#include "picture/running_server.h"

namespace forkscope::live {

class LiveSource {
 public:
  /// Without a port: the only running server, or the one with the lowest port as soon as there is
  /// one, until another is chosen. With `socket`: the one at that path, and no other is looked for.
  explicit LiveSource(std::optional<std::uint16_t> port, const std::string& socket = {});
  ~LiveSource();

  /// What has happened since the last call. Cheap: call it once per frame.
  void poll();

  /// Servers that run, by port, as of two seconds ago at the most: what there is to choose from. Of
  /// one that cannot be read, too.
  const picture::RunningServers& servers() const;
  /// Whether one runs there now.
  bool runs(const telemetry::ControlEndpoint& server);
  /// From now on that server is looked at, or one that succeeds it on its port, and no other.
  void choose(const telemetry::ControlEndpoint& server);

  const picture::Snapshot& snapshot() const;
  // What the latest poll has brought; see News.
  const std::vector<picture::Answer>& answers() const;
  const std::vector<telemetry::EventRecord>& events() const;
  const std::vector<picture::LatencyCount>& latency() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace forkscope::live
