#include "support/figures.h"

#include <chrono>
#include <cstdint>
#include <stdexcept>

#include "control/question.h"
#include "forkscope/telemetry/endpoint.h"

namespace forkscope::support {

namespace {

telemetry::SegmentView attach(const ServerProcess& server) {
  control::Question question(telemetry::control_endpoint_at(server.control_socket()),
                             {{"cmd", "attach"}});
  const control::Answer answer = question.wait(std::chrono::seconds(5));
  if (!answer.descriptor) throw std::runtime_error("not attached: " + answer.error);
  return telemetry::SegmentView::map_read_only(answer.descriptor.get());
}

template <typename Value>
long sum_of_slots(const telemetry::SegmentView& view, Value value) {
  long sum = 0;
  for (std::uint32_t slot = 0; slot < view.slot_count(); ++slot) {
    sum += static_cast<long>(value(view.counters(slot)));
  }
  return sum;
}

}  // namespace

Figures::Figures(const ServerProcess& server) : view_(attach(server)) {}

long Figures::moved(telemetry::MoveReason reason) const {
  const auto beat = view_.beat();
  return beat ? beat->moved[static_cast<std::uint32_t>(reason) - 1] : 0;
}

long Figures::moved() const {
  using enum telemetry::MoveReason;
  return moved(hang) + moved(crash) + moved(drain) + moved(balance);
}

long Figures::lost() const {
  return sum_of_slots(view_, [](const auto& counters) { return counters.abandoned; });
}

long Figures::parked() const {
  return sum_of_slots(view_, [](const auto& counters) { return counters.writes_parked; });
}

long Figures::bytes_received() const {
  return sum_of_slots(view_, [](const auto& counters) { return counters.bytes_received; });
}

long Figures::bytes_sent() const {
  return sum_of_slots(view_, [](const auto& counters) { return counters.bytes_sent; });
}

telemetry::Protection Figures::protection() const {
  const auto beat = view_.beat();
  return beat ? static_cast<telemetry::Protection>(beat->protection)
              : telemetry::Protection::unknown;
}

std::vector<telemetry::EventRecord> Figures::events() const {
  const auto lane = view_.events();
  std::vector<telemetry::EventRecord> events;
  for (std::uint64_t n = 0; n < lane.head(); ++n) {
    if (const auto event = lane.read(n)) events.push_back(*event);
  }
  return events;
}

}  // namespace forkscope::support
