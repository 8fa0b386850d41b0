// The requests that a program has begun and not ended, as far as it has told. Several may be, and
// end in any order.
//
// What it tells may be wrong or have holes, and the sums are right all the same: each request that
// has begun has ended, or is given up, which counts as unended (telemetry::Counters), or is in
// hand. It is given up where its id begins anew; where more than kMost are in hand, if it is the
// oldest; and where lines may be missing, since its end may be among them. An end that comes after
// that is one of an unknown request.
//
// The reporter's alone; writes to its slot, which it borrows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "forkscope/telemetry/slot_writer.h"
#include "program/report.h"

namespace forkscope::program {

class RequestsInHand {
 public:
  static constexpr std::size_t kMost = 1024;

  explicit RequestsInHand(telemetry::SlotWriter& slot) : slot_(slot) {}

  void begin(const Report& report, std::uint64_t now_ns);
  /// False: there is no such request.
  bool end(const Report& report, std::uint64_t now_ns);
  void give_up_all();

 private:
  struct Request {
    std::string id;
    std::string path;
    telemetry::BegunRequest begun;
  };
  using Requests = std::list<Request>;

  void give_up(Requests::iterator request);
  void remove(Requests::iterator request);

  telemetry::SlotWriter& slot_;
  Requests requests_;  ///< As they began; the last one is what viewers see.
  std::unordered_map<std::string_view, Requests::iterator> by_id_;
};

}  // namespace forkscope::program
