// The contract between the event loop and what it serves.
//
// An application is a set of plain cpp-httplib routes. That alone is enough: every other function
// has a default that suits an application without a store. One that keeps data can take part in
// group commit (writes of one loop iteration share a transaction) and in the response cache.
//
// Paths are in their normal form (http/request_target.h), the one that routes see as well. The
// names are the gateway's, because it is the gateway that asks for all this.
//
// All functions are called in a worker process, by its first thread, after the fork. None may
// block, but for those that write, which may wait for the disk, if possible only while they have
// the turn: one that never comes back from it is a hang of the worker like any other, seen as such
// in the phases "committing" and "flushing".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace forkscope::gateway {

/// Why a batch of writes could not be made durable. Every request of the batch is answered with
/// this. From commit_writes(): nothing of the batch is kept. From flush_writes(): it may be.
struct CommitFailure {
  int status = 503;    ///< HTTP status: 507 when the disk is full, 503 otherwise.
  std::string detail;  ///< One sentence for the client.
};

/// Thrown where an application cannot be made now, but may be later: its store is locked, or on a
/// disk that is not there yet. The server then tries for a while also when it has only just been
/// started; any other exception ends such a start.
class NotYet : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

class Application {
 public:
  Application() = default;
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  virtual ~Application() = default;

  /// Called once, before the first request.
  virtual void add_routes(httplib::Server& server) = 0;

  using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;

  /// The short way to a handler: where it is not null, it is called with the request and answers
  /// with status, fields and body, and all else that cpp-httplib does is left out, since that takes
  /// longer than most handlers do. So no regular expression has matched (`matches` is empty), no
  /// form has been read into `params`, no handler of the server's set_…() is called, and content
  /// providers do nothing.
  virtual const Handler* handler_of(std::string_view /*method*/, std::string_view /*path*/) const {
    return nullptr;
  }

  /// Header fields that every response carries, those that the gateway gives by itself as well
  /// (400 for a malformed request, 503 for a write that waited too long). Asked once.
  virtual HeaderFields common_fields() const { return {}; }

  /// Whether handlers may start programs: by fork(2), posix_spawn(3), system(3) and the like. A
  /// worker whose handlers start none is a batch process (SCHED_BATCH), which costs a tenth less
  /// CPU time per request under heavy traffic; a program that it started would be one, too. Asked
  /// once.
  virtual bool starts_programs() const { return true; }

  /// Descriptors for the primary to keep, 16 at most, and to hand to every worker that is forked
  /// from now on (api::ApplicationContext::heirlooms): proof of what this one has opened, for those
  /// who are to open the same. They are borrowed. Asked once, before the first request.
  virtual std::vector<int> heirlooms() const { return {}; }

  // ── group commit ──

  /// Whether this request changes the store. Such a request runs only between begin_writes() and
  /// commit_writes(), and its response leaves after flush_writes(). Every other request runs
  /// outside, so that a handler that hangs never holds the store's lock.
  virtual bool writes(std::string_view /*method*/, std::string_view /*path*/) const {
    return false;
  }
  /// Whether a request that writes may run once more, by another worker, where the first one died
  /// before its batch was committed: then the store has rolled it back, but a handler may have done
  /// something else as well, such as send a mail. Its client never notices.
  virtual bool may_run_again(std::string_view /*method*/, std::string_view /*path*/) const {
    return false;
  }
  /// Opens a batch; never waits for another process. False: one has the turn to write, or uses the
  /// store in a way that forbids writing; the loop parks the request and asks again in about a
  /// millisecond, for five seconds.
  virtual bool begin_writes() { return true; }
  /// Ends the batch: it is whole, others may see it, and the next one may write.
  virtual std::optional<CommitFailure> commit_writes() { return std::nullopt; }
  /// Begins to make the batch durable, without waiting for it, or tells whether that is through.
  /// False: it is not; the loop goes on without a new batch, and asks again in a millisecond, or
  /// when it is woken (api::ApplicationContext::wake), for five seconds.
  virtual bool begin_flush() { return true; }
  /// After begin_flush() has said so. Makes the batch durable, or tells how that went, while others
  /// write already. The answers leave after it.
  virtual std::optional<CommitFailure> flush_writes() { return std::nullopt; }

  /// Right before commit_writes(): number of the batch, among those of all workers; 0: they have
  /// none. Where they have, an answer that waits for its commit or for the disk when its worker
  /// dies is sent by another one.
  virtual std::uint64_t announce_commit() { return 0; }
  /// Between begin_writes() and commit_writes(), of a batch that a worker has announced and did not
  /// live to see: whether it was committed, or rolled back. Nothing: nobody knows.
  virtual std::optional<bool> was_kept(std::uint64_t /*batch*/) const { return std::nullopt; }
  /// That batch, of a worker that has died, is committed, and to be made durable with our own:
  /// begin_flush() and flush_writes() are about it, too.
  virtual void adopt_commit(std::uint64_t /*batch*/) {}

  // ── shared reads and the response cache ──

  /// Whether the answer to a GET of `path` depends on nothing but its target, the scheme, Host and
  /// prefix that it came by (X-Forwarded-Proto, -Prefix) and the content of the store. Such
  /// requests run between begin_reads() and end_reads(), and their answers may be kept and given
  /// again while the content is the same.
  virtual bool reads(std::string_view /*path*/) const { return false; }
  /// Asked once per loop iteration, after all its requests have been received. Returns a number
  /// that changes with every change of the content, by whichever process; until end_reads() every
  /// request that reads may see the content as it is now.
  virtual std::uint64_t begin_reads() { return 0; }
  virtual void end_reads() {}
};

}  // namespace forkscope::gateway
