#include "load/load_generator.h"

#include <sys/eventfd.h>

#include <cassert>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include "load/load_run.h"
#include "os/one_thread.h"
#include "os/quiet_thread.h"
#include "os/unique_fd.h"

namespace forkscope::load {

namespace {

void reset(Figures& figures) {
  for (auto* figure : {&figures.sent, &figures.answered, &figures.broken, &figures.failed,
                       &figures.failed_status, &figures.ended, &figures.refused, &figures.waiting,
                       &figures.oldest_wait_ns, &figures.p50_ns, &figures.p99_ns, &figures.max_ns,
                       &figures.whole_p50_ns, &figures.whole_p99_ns, &figures.longest_ns}) {
    *figure = 0;
  }
  for (auto& count : figures.by_worker) count = 0;
  figures.requests_per_second = 0;
}

}  // namespace

struct LoadGenerator::State {
  Figures figures;
  os::UniqueFd wake;
  std::thread thread;
  [[no_unique_address]] os::OneThread user;
};

LoadGenerator::LoadGenerator() : state_(std::make_unique<State>()) {}

LoadGenerator::~LoadGenerator() { stop(); }

void LoadGenerator::start(const LoadOptions& options) {
  assert(state_->user.is_here());
  stop();
  Figures& figures = state_->figures;
  reset(figures);
  state_->wake = os::UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state_->wake) throw std::system_error(errno, std::generic_category(), "eventfd");
  figures.running = true;
  state_->thread = os::start_quiet_thread([options, wake = state_->wake.get(), &figures] {
    LoadRun(options, wake, figures).serve();
    figures.running = false;
    figures.requests_per_second = 0;
    figures.waiting = 0;
    figures.oldest_wait_ns = 0;
  });
}

void LoadGenerator::stop() {
  assert(state_->user.is_here());
  if (!state_->thread.joinable()) return;
  ::eventfd_write(state_->wake.get(), 1);
  state_->thread.join();
  state_->wake.reset();
}

LoadStatus LoadGenerator::status() const {
  const Figures& figures = state_->figures;
  LoadStatus status;
  status.running = figures.running;
  status.sent = figures.sent;
  status.answered = figures.answered;
  status.broken = figures.broken;
  status.failed = figures.failed;
  status.failed_status = figures.failed_status;
  status.ended = figures.ended;
  status.refused = figures.refused;
  status.waiting = figures.waiting;
  status.oldest_wait_ns = figures.oldest_wait_ns;
  status.requests_per_second = figures.requests_per_second;
  status.p50_ns = figures.p50_ns;
  status.p99_ns = figures.p99_ns;
  status.max_ns = figures.max_ns;
  status.whole.p50_ns = figures.whole_p50_ns;
  status.whole.p99_ns = figures.whole_p99_ns;
  status.whole.longest_ns = figures.longest_ns;
  status.whole.by_worker.assign(figures.by_worker.begin(), figures.by_worker.end());
  while (!status.whole.by_worker.empty() && status.whole.by_worker.back() == 0) {
    status.whole.by_worker.pop_back();
  }
  return status;
}

}  // namespace forkscope::load
