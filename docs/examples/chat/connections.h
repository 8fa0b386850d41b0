// Who is connected to this worker, so that it can be counted, limited, and asked to go.
//
// A connection holds its Place for as long as it lasts, and hands it on when it stops being HTTP
// and becomes a WebSocket. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "forkscope/telemetry/slot_writer.h"

namespace forkscope::chat {

/// What a client is connected to.
class Connection {
 public:
  virtual ~Connection() = default;
  /// The worker drains: go as soon as what is at hand is done. May be called twice.
  virtual void finish() = 0;
};

class Connections {
 public:
  /// `on_fewer` is called when one has gone.
  Connections(telemetry::SlotWriter& slot, std::function<void()> on_fewer)
      : slot_(slot), on_fewer_(std::move(on_fewer)) {}

  std::size_t count() const { return by_number_.size(); }

  void finish_all() {
    std::vector<Connection*> all;  // finish() may have one go at once
    for (const auto& [number, connection] : by_number_) {
      if (connection != nullptr) all.push_back(connection);
    }
    for (Connection* connection : all) connection->finish();
  }

 private:
  friend class Place;

  std::uint64_t enter() {
    slot_.accepted();
    by_number_.emplace(++latest_, nullptr);
    slot_.connections_open(count());
    return latest_;
  }
  void leave(std::uint64_t number) {
    by_number_.erase(number);
    slot_.connections_open(count());
    on_fewer_();
  }

  telemetry::SlotWriter& slot_;
  std::function<void()> on_fewer_;
  std::map<std::uint64_t, Connection*> by_number_;
  std::uint64_t latest_ = 0;
};

class Place {
 public:
  explicit Place(Connections& connections)
      : connections_(&connections), number_(connections.enter()) {}
  Place(Place&& other) noexcept
      : connections_(std::exchange(other.connections_, nullptr)), number_(other.number_) {}
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (connections_ != nullptr) connections_->leave(number_);
  }

  /// Whoever has the place now; null before it goes.
  void is_held_by(Connection* connection) const { connections_->by_number_[number_] = connection; }
  /// Of the connection, from 1 in each process, as in the telemetry.
  std::uint64_t number() const { return number_; }

 private:
  Connections* connections_;
  std::uint64_t number_;
};

}  // namespace forkscope::chat
