// What a program's processes leave behind: it comes to the primary where its reporter was killed,
// and is ended there.
#pragma once

namespace forkscope::supervisor {

class WorkerPool;

/// Owned and called by the primary alone.
class Orphans {
 public:
  /// Where `adopt` is set, this process becomes the parent of what has no other any more (prctl(2),
  /// PR_SET_CHILD_SUBREAPER); but not where that may be somebody else's: process 1 of a container
  /// gets all orphans, and whoever became this process by execve(2) may have had children.
  explicit Orphans(bool adopt);

  /// A worker has ended: what it leaves comes here now.
  void worker_ended() { may_be_here_ = adopts_; }
  bool may_be_here() const { return may_be_here_; }

  /// Kills those that are here: descendants of this process that are neither one of the pool's
  /// workers nor a descendant of one. Their own children come next, so that it takes several calls.
  void end(const WorkerPool& pool);

 private:
  const bool adopts_;
  bool may_be_here_ = false;
};

}  // namespace forkscope::supervisor
