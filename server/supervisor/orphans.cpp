#include "supervisor/orphans.h"

#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <set>
#include <utility>

#include "forkscope/telemetry/process_tree.h"
#include "supervisor/worker_pool.h"

namespace forkscope::supervisor {

namespace {

bool adopt_orphans() {
  siginfo_t info{};
  const bool has_children = ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
  if (has_children || ::getpid() == 1) return false;
  return ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

}  // namespace

Orphans::Orphans(bool adopt) : adopts_(adopt && adopt_orphans()) {}

void Orphans::end(const WorkerPool& pool) {
  if (!std::exchange(may_be_here_, false)) return;
  std::set<std::uint32_t> others;  // workers, and what descends from them
  const auto self = static_cast<std::uint32_t>(::getpid());
  for (const telemetry::TreeProcess& process : telemetry::process_tree(self)) {
    const auto is_it = [&](const WorkerHandle& worker) {
      return worker.is_process(static_cast<pid_t>(process.pid));
    };
    if (process.pid == self || process.stat.state == 'Z') continue;
    if (others.contains(process.stat.parent) || std::any_of(pool.begin(), pool.end(), is_it)) {
      others.insert(process.pid);
      continue;
    }
    ::kill(static_cast<pid_t>(process.pid), SIGKILL);
    may_be_here_ = true;  // its children come next
  }
}

}  // namespace forkscope::supervisor
