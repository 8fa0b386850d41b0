#include "gateway/load_board.h"

#include <array>

#include "forkscope/telemetry/layout.h"

namespace forkscope::gateway {

struct LoadBoard::Words {
  std::array<std::uint32_t, telemetry::kMaxSlots> loads;
  std::array<std::uint8_t, telemetry::kMaxSlots> duties;
  std::uint64_t turn;
};

LoadBoard::LoadBoard()
    : mapping_(telemetry::Mapping::shared_anonymous(sizeof(Words), "the load board")) {
  words().loads.fill(kTakesNobody);
}

LoadBoard::Words& LoadBoard::words() const { return *reinterpret_cast<Words*>(mapping_.data()); }

void LoadBoard::tell(std::uint32_t slot, std::uint32_t load) const {
  std::uint32_t& word = words().loads[slot];
  if (__atomic_load_n(&word, __ATOMIC_RELAXED) == load) return;
  __atomic_store_n(&word, load, __ATOMIC_RELAXED);
}

std::uint32_t LoadBoard::load(std::uint32_t slot) const {
  return __atomic_load_n(&words().loads[slot], __ATOMIC_RELAXED);
}

void LoadBoard::tell_duty(std::uint32_t slot, Duty duty) const {
  if (this->duty(slot) == duty) return;
  __atomic_store_n(&words().duties[slot], static_cast<std::uint8_t>(duty), __ATOMIC_SEQ_CST);
}

Duty LoadBoard::duty(std::uint32_t slot) const {
  return static_cast<Duty>(__atomic_load_n(&words().duties[slot], __ATOMIC_SEQ_CST));
}

std::uint64_t LoadBoard::turn() const { return __atomic_load_n(&words().turn, __ATOMIC_ACQUIRE); }

void LoadBoard::next_turn(std::uint64_t turn, std::uint64_t next) const {
  __atomic_compare_exchange_n(&words().turn, &turn, next, /*weak=*/false, __ATOMIC_ACQ_REL,
                              __ATOMIC_RELAXED);
}

}  // namespace forkscope::gateway
