// How the primary sees what an Asio loop does: each function that the loop runs, Beast's own among
// them, begins with a step of the worker's slot. So whatever never returns is a hang, as a handler
// of cpp-httplib would be, and nobody has to remember to say so.
//
// An executor as Asio wants it (any_io_executor): sockets and timers that are made with it run what
// they call by it. Copies are cheap. Borrows the slot.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <utility>

#include "forkscope/telemetry/clock.h"
#include "forkscope/telemetry/slot_writer.h"

namespace forkscope::chat {

namespace asio = boost::asio;

class StepExecutor {
 public:
  StepExecutor(asio::any_io_executor inner, telemetry::SlotWriter& slot)
      : inner_(std::move(inner)), slot_(&slot) {}

  template <typename Function>
  void execute(Function&& function) const {
    inner_.execute([slot = slot_, function = std::forward<Function>(function)]() mutable {
      slot->step(telemetry::Phase::reading, telemetry::now_ns());
      std::move(function)();
    });
  }

  asio::execution_context& query(asio::execution::context_t context) const {
    return asio::query(inner_, context);
  }
  StepExecutor require(asio::execution::blocking_t::never_t never) const {
    return {asio::require(inner_, never), *slot_};
  }
  friend bool operator==(const StepExecutor& a, const StepExecutor& b) noexcept {
    return a.inner_ == b.inner_ && a.slot_ == b.slot_;
  }
  friend bool operator!=(const StepExecutor& a, const StepExecutor& b) noexcept {
    return !(a == b);
  }

 private:
  asio::any_io_executor inner_;
  telemetry::SlotWriter* slot_;
};

}  // namespace forkscope::chat
