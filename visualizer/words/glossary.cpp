#include "words/glossary.h"

#include <algorithm>
#include <array>

#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/layout.h"
#include "words/format.h"

namespace forkscope::words {

namespace {

using enum Topic;

// clang-format off
constexpr std::array kGlossary{
    Term{figures, "requests/s", "req/s", "",
         "How many requests were answered in the last whole second: counted, not estimated."},
    Term{figures, "requests lost", "request lost|lost", "",
         "Their worker died before they were answered: the connection breaks."},
    Term{figures, "error answers", "error answer|5xx", "",
         "Answers with a status of 500 or above (5xx): something went wrong, and the client was told so."},
    Term{figures, "p99", "", "99 of 100 faster than",
         "Of a hundred requests of the last second, ninety-nine were answered faster than this."},
    Term{figures, "p50", "", "half of them faster than",
         "Half of the requests of the last second were answered faster than this."},
    Term{figures, "max", "", "the most",
         "The largest value that was measured: the slowest answer, or the busiest core."},
    Term{figures, "waiting", "", "wait in workers",
         "Requests that are received and not begun, and writes that wait for their turn or for the disk."},
    Term{figures, "observer", "observer CPU", "this viewer",
         "What this viewer itself takes of one core of the machine that it runs on."},
    Term{figures, "protection", "Protection|protected|not protected|unprotected", "",
         "Whether connections go on at another worker when theirs hangs, dies, or is asked to stop."},
    Term{figures, "balance", "", "connections go by",
         "Who takes a new connection; and the reason to move some that are open: a worker had more than others."},
    Term{figures, "least", "", "",
         "The worker with the fewest connections takes a new one; light traffic stays with the first."},
    Term{figures, "round-robin", "", "",
         "The workers take new connections in turns, by their numbers."},
    Term{figures, "two-choices", "", "",
         "Of two workers at random, the one with fewer connections takes a new one."},
    Term{figures, "kernel", "", "",
         "Whoever the kernel wakes takes a new connection: who went to sleep last."},
    Term{figures, "hash", "", "",
         "The kernel puts a new connection into the queue of one worker, by a hash of addresses and ports."},
    Term{figures, "random", "", "",
         "The kernel puts a new connection into the queue of one worker, at random."},
    Term{figures, "its queue", "in its queue|queue", "",
         "Connections that only this worker can take: if it hangs they wait, although others are idle."},
    Term{figures, "fair", "roughly fair|not fair|1 = even", "evenly spread",
         "How evenly the requests are spread over the workers that could serve: 1 is even (Jain's index)."},
    Term{figures, "shares", "share", "",
         "Which part of the answers of that while each worker has given."},
    Term{figures, "LATENCY", "latency", "how long requests took",
         "The time from when a request was received until it was answered; upwards is slower."},
    Term{figures, "pid", "", "number of the process",
         "The number by which the kernel knows the process, and so do ps and kill."},
    Term{figures, "gen", "generation|generations", "how many processes so far",
         "Counts the processes that have held a worker's number: the first is 1, its successor 2."},
    Term{figures, "core", "cores|CORES", "",
         "A processor of the machine: it runs one process at a time."},
    Term{figures, "ours", "", "",
         "What the workers of this server use of the core; the others are other programs."},
    Term{figures, "perhaps", "", "",
         "A worker that spins may have moved to another core since it was last looked at."},
    Term{figures, "in flight", "", "in hand",
         "The request that a worker has begun and not answered, and for how long."},
    Term{figures, "conns", "conn", "connections",
         "Connections that are open at the same time."},
    Term{figures, "clients saw", "", "",
         "What the clients of the built-in load have seen themselves, whatever the server counts."},
    Term{figures, "broken", "", "",
         "Connections that ended while a request waited there for its answer."},
    Term{figures, "failed", "", "",
         "Requests that were answered with another status than 2xx, or with what is no HTTP."},
    Term{figures, "closed at rest", "", "",
         "Connections that the server ended between two requests: nothing was asked there."},
    Term{figures, "refused", "", "",
         "Attempts to connect that nobody accepted."},
    Term{figures, "flat out", "", "as fast as it goes",
         "Each client sends its next request as soon as it has its answer."},
    Term{figures, "POST", "", "writes",
         "A request that stores something; GET only reads."},

    Term{states, "idle", "", "waits for work",
         "It waits for a connection or a request, and takes nothing of any core."},
    Term{states, "active", "", "serves now and then",
         "It serves now and then: few requests, and most of the latest looks found it at rest."},
    Term{states, "busy", "", "at work",
         "It is at work for a good part of the time, or answers hundreds of requests per second."},
    Term{states, "slow", "", "takes long",
         "It has had one request in hand for a quarter of a second already."},
    Term{states, "HUNG", "hung|declared hung|called hung|was hung|hang|hangs|Hang", "stuck",
         "It has made no progress for as long as --hang-after says: nobody gets an answer from it."},
    Term{states, "ABORT", "aborting", "told to end",
         "It hung for too long and was sent SIGABRT; one second later SIGKILL ends it."},
    Term{states, "DEAD", "dead|died|died again", "gone",
         "Its process has ended, and nobody had asked for that; a successor is on its way."},
    Term{states, "CRASHED", "crashed|crash|crashes|Crash", "broke down",
         "A fault of its own ended it; all memory that it had is gone, and no other worker's."},
    Term{states, "WAITS", "backoff|restarts", "started again later",
         "It died so often that its successor has to wait: a crash loop must not burn the machine."},
    Term{states, "NEW", "", "just started",
         "Its process has been there for two seconds at most, when others were there already."},
    Term{states, "starts", "starting|booting", "not ready yet",
         "Its process is there and does not serve yet: it opens the database."},
    Term{states, "draining", "drain|drains|disconnect", "asked to stop",
         "It takes no new connections, finishes what it has begun, and ends; or it has ended so."},
    Term{states, "unknown", "", "",
         "The server says something of it that this viewer does not know."},
    Term{states, "not seen", "", "",
         "The viewer was stopped or too slow: what happened in this time was missed."},

    Term{events, "primary", "", "",
         "The process that starts the workers, watches and replaces them; it answers no request itself."},
    Term{events, "forked", "fork|forks", "started as a copy",
         "The primary has made a copy of itself, and this new process is the worker."},
    Term{events, "respawned", "", "replaced",
         "A successor was forked under the number of the worker that ended."},
    Term{events, "listening", "ready", "ready to serve",
         "It has opened the database, and waits at the port for connections."},
    Term{events, "spin", "spins|spinning", "runs in circles",
         "It hangs and computes for ever: its core is busy for nothing."},
    Term{events, "blocked", "sleep|sleeps|sleeping", "sleeps for ever",
         "It hangs and waits for what never comes: it takes nothing of any core."},
    Term{events, "stopped", "frozen|Freeze", "frozen",
         "A signal such as SIGSTOP keeps the process from going on, until SIGCONT comes."},
    Term{events, "continued", "Continue", "let go on",
         "SIGCONT lets a process that was stopped go on where it was."},
    Term{events, "recovered", "went on by itself", "goes on",
         "It hung, and makes progress again without having been replaced."},
    Term{events, "moved", "move|moves|connections moved|connection moved", "went on elsewhere",
         "Connections that went on at another worker, open as they were: theirs hung, died, was asked to stop, or had more than others."},
    Term{events, "exception", "exceptions", "",
         "What a handler throws where it cannot go on: the answer is 500, and the worker serves on."},
    Term{events, "kill in", "", "",
         "Then its time is over: --kill-after, counted from the start of the request."},
    Term{events, "noticed", "", "",
         "So long it took until the primary called it hung: --hang-after."},
    Term{events, "out for", "", "",
         "So long nobody got an answer from this worker: until it or its successor served again."},
    Term{events, "core dumped", "core dump", "its memory was kept",
         "The kernel has written the memory of the process to a file, for a debugger to look into."},
    Term{events, "reload", "Reload|RELOAD|rolling reload", "all anew",
         "All workers are replaced one after the other, while the others serve."},
    Term{events, "stands in", "stood in", "",
         "An extra worker, for the time of a reload: so there are never fewer than before."},
    Term{events, "scaling", "SCALING|Scaled|scale", "more or fewer",
         "Somebody has asked for another number of workers."},
    Term{events, "STOPPING", "shutting down|shutdown", "",
         "The server was asked to end: it finishes what it has begun."},
    Term{events, "reading", "", "",
         "The worker receives requests."},
    Term{events, "handling", "", "",
         "The worker computes an answer."},
    Term{events, "committing", "", "saving",
         "The worker makes its writes part of the database, all or none."},
    Term{events, "flushing", "", "waits for the disk",
         "The worker waits until the disk has what was written."},

    Term{ends, "exit code", "exit", "ended itself",
         "The process has ended itself, and says with a number how: 0 is well, any other is trouble."},
    Term{ends, "throw", "", "",
         "The handler throws an exception: that is answered with 500, and ends nobody."},
    Term{ends, "SIGABRT", "abort", "broken off",
         "Ends a process and leaves its memory to look into: sent to one that hangs, or by a program that finds itself broken."},
    Term{ends, "SIGKILL", "kill|Kill", "ended by force",
         "Ends a process at once; it cannot be refused."},
    Term{ends, "SIGSEGV", "segv", "ended for touching memory that is not its own",
         "The kernel ends a process that reads or writes where it has no memory: an invalid pointer."},
    Term{ends, "SIGBUS", "", "ended for touching memory that is not there",
         "The kernel ends a process whose memory has nothing behind it, as of a file that became shorter."},
    Term{ends, "SIGFPE", "", "ended for a calculation without a result",
         "The kernel ends a process that divides a whole number by zero."},
    Term{ends, "SIGILL", "", "ended for an instruction that does not exist",
         "The kernel ends a process that executes what the processor does not know."},
    Term{ends, "SIGTRAP", "", "ended at a halt meant for a debugger",
         "A breakpoint, and no debugger was there to take it."},
    Term{ends, "SIGSYS", "", "ended for asking what it may not ask",
         "The kernel ends a process that makes a system call which is forbidden to it."},
    Term{ends, "SIGTERM", "", "ended as it was asked to",
         "The polite wish that a process ends: it may finish what it does."},
    Term{ends, "SIGINT", "", "ended from the keyboard",
         "Somebody pressed Ctrl-C in its terminal."},
    Term{ends, "SIGQUIT", "", "ended from the keyboard",
         "Somebody pressed Ctrl-\\ in its terminal: it ends, and leaves its memory to look into."},
    Term{ends, "SIGHUP", "", "ended as its terminal went",
         "The terminal of the process was closed."},
    Term{ends, "SIGPIPE", "", "ended for writing to nobody",
         "It wrote into a pipe or a connection whose other end is closed."},
    Term{ends, "SIGALRM", "SIGVTALRM|SIGPROF", "ended by its own alarm",
         "A timer that the process had set has run out."},
    Term{ends, "SIGXCPU", "", "ended for computing too long",
         "It has used more time of the processor than its limit allows."},
    Term{ends, "SIGXFSZ", "", "ended for writing too much",
         "It has written a file larger than its limit allows."},
    Term{ends, "SIGUSR1", "SIGUSR2", "ended by somebody's signal",
         "Signals without a meaning of their own: they end whoever does not expect them."},
    Term{ends, "SIGPOLL", "SIGIO|SIGPWR|SIGSTKFLT", "ended by a signal",
         "Rare messages of the kernel, which end whoever does not expect them."},
    Term{ends, "signal", "SIGRTMIN|SIGRTMAX", "ended by a signal",
         "A message of the kernel or of another process, that a process obeys or ends by."},
    Term{ends, "SIGSTOP", "", "frozen",
         "The process stands still until SIGCONT comes; it cannot be refused."},
    Term{ends, "SIGCONT", "", "let go on",
         "A process that stands still goes on."},
};
// clang-format on

/// Calls `take` with the word and each other form, until one is taken.
template <typename Take>
bool any_form(const Term& term, const Take& take) {
  if (take(term.word)) return true;
  std::string_view rest = term.forms;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    if (take(rest.substr(0, end))) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

/// What a word may stand beside. Not '/', '=', '-' and the like, of paths and options.
bool is_between(std::string_view text, std::size_t at) {
  if (at >= text.size()) return true;
  return std::string_view(" ,:;().?!").find(text[at]) != std::string_view::npos;
}

bool covers(std::string_view form, std::string_view text, std::size_t offset) {
  for (std::size_t at = text.find(form); at != std::string_view::npos && at <= offset;
       at = text.find(form, at + 1)) {
    const std::size_t end = at + form.size();
    if (offset < end && (at == 0 || is_between(text, at - 1)) && is_between(text, end)) return true;
  }
  return false;
}

}  // namespace

std::string_view title(Topic topic) {
  switch (topic) {
    case Topic::figures: return "Figures";
    case Topic::states: return "States";
    case Topic::events: return "What happens";
    case Topic::ends: break;
  }
  return "How a process ends";
}

std::span<const Term> glossary() { return kGlossary; }

const Term* find_term(std::string_view word) {
  for (const Term& term : kGlossary) {
    if (any_form(term, [&](std::string_view form) { return form == word; })) return &term;
  }
  return nullptr;
}

const Term* term_at(std::string_view text, std::size_t offset) {
  const Term* best = nullptr;
  std::size_t longest = 0;
  for (const Term& term : kGlossary) {
    any_form(term, [&](std::string_view form) {
      if (form.size() > longest && covers(form, text, offset)) {
        best = &term;
        longest = form.size();
      }
      return false;
    });
  }
  return best;
}

std::string end_text(std::uint32_t cause, std::uint32_t code, Tone tone) {
  std::string name = telemetry::exit_text(cause, code);
  if (tone == Tone::exact) return name;
  if (static_cast<telemetry::ExitCause>(cause) != telemetry::ExitCause::signaled) {
    return std::string(find_term("exit code")->plain) + ": " + name;
  }
  const Term* signal = find_term(name);
  return std::string((signal ? signal : find_term("signal"))->plain);
}

std::string generation_text(std::uint32_t generation, Tone tone) {
  return tone == Tone::exact ? "gen " + std::to_string(generation)
                             : ordinal(generation) + " process";
}

}  // namespace forkscope::words
