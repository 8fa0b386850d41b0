#include "bus/bus.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <system_error>

#include "forkscope/telemetry/word.h"

namespace forkscope::bus {

namespace {

std::size_t whole_pages(std::size_t bytes, std::size_t page) {
  return (bytes + page - 1) / page * page;
}

}  // namespace

Bus::Bus(std::uint32_t slots)
    : page_bytes_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))),
      stride_(whole_pages(kOutboxBytes, page_bytes_)),
      wakes_(slots),
      mapping_(
          telemetry::Mapping::shared_anonymous(page_bytes_ + stride_ * slots, "the message bus")),
      maker_(::getpid()) {
  ::madvise(mapping_.data(), mapping_.size(), MADV_DONTDUMP);
}

std::vector<int> Bus::descriptors() const {
  std::vector<int> fds;
  for (const os::EventFd& wake : wakes_) fds.push_back(wake.fd());
  return fds;
}

std::uint32_t Bus::reach() const {
  const auto* word = reinterpret_cast<const telemetry::Word*>(mapping_.data());
  return static_cast<std::uint32_t>(
      std::min<telemetry::Word>(telemetry::load_relaxed(word), slots()));
}

void Bus::reach_at_least(std::uint32_t slots) const {
  auto* word = reinterpret_cast<telemetry::Word*>(mapping_.data());
  telemetry::Word now = telemetry::load_relaxed(word);
  while (now < slots && !__atomic_compare_exchange_n(word, &now, slots, /*weak=*/true,
                                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

telemetry::Word* Bus::outbox(std::uint32_t slot) const {
  assert(slot < slots());
  return reinterpret_cast<telemetry::Word*>(mapping_.data() + page_bytes_ + stride_ * slot);
}

void Bus::confine_to(std::uint32_t slot) const {
  if (::getpid() == maker_) return;
  if (::mprotect(mapping_.data(), mapping_.size(), PROT_READ) != 0 ||
      ::mprotect(outbox(slot), stride_, PROT_READ | PROT_WRITE) != 0) {
    throw std::system_error(errno, std::generic_category(), "mprotect of the message bus");
  }
}

}  // namespace forkscope::bus
