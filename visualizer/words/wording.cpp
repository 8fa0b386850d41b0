#include "words/wording.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "forkscope/telemetry/event_text.h"
#include "words/format.h"
#include "words/outage.h"

namespace forkscope::words {

using telemetry::duration_text;
using telemetry::HangKind;

namespace {

/// What is left is rounded up: with what has gone by it makes the whole.
constexpr std::uint64_t kTenth = 99'999'999;

std::uint64_t since(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? to_ns - from_ns : 0;
}

/// What follows from a manner of hanging, written behind it; all there is to say if that is
/// unknown.
std::string_view consequence(HangKind kind, Tone tone) {
  switch (kind) {
    case HangKind::spin: return ": a core burns";
    case HangKind::blocked: return tone == Tone::exact ? " and never wakes" : "";
    case HangKind::stopped: return {};
    case HangKind::none: break;
  }
  return "no progress";
}

std::string lost(std::uint64_t requests) { return counted(requests, "request") + " lost"; }

/// "15 connections moved in 3.0 ms"
std::string moved(const history::Incident& incident) {
  return counted(incident.moved, "connection") + " moved in " + duration_text(incident.moving_ns);
}

/// "to workers 1, 2 and 4"; of many workers only how many they are.
std::string receivers(const history::Incident& incident) {
  constexpr std::size_t kMost = 4;
  const std::size_t count = incident.moved_to.size();
  if (count > kMost) return "to " + counted(count, "worker");
  std::string list = "to " + plural(count, "worker");
  std::size_t named = 0;
  for (const auto& [worker, connections] : incident.moved_to) {
    list += named == 0 ? " " : named + 1 == count ? " and " : ", ";
    list += std::to_string(worker);
    ++named;
  }
  return list;
}

/// "in GET /v1/todos", "while idle"; nothing where it is not known.
std::string where(const history::Incident& incident) {
  if (!incident.request.empty()) return "in " + incident.request;
  return incident.phase.empty() ? "" : "while " + incident.phase;
}

Phrase ending(const history::Incident& incident, Tone tone) {
  return {PhraseKind::end, end_text(incident.exit_cause, incident.exit_code, tone)};
}

/// "SIGABRT sent"; to a class "told to end".
std::string abort_sent(Tone tone) { return tone == Tone::exact ? "SIGABRT sent" : "told to end"; }
std::string kill_sent(Tone tone) { return tone == Tone::exact ? "SIGKILL sent" : "ended by force"; }

Phrase deaths(const history::Incident& incident) {
  return {PhraseKind::fact, "died " + grouped(incident.deaths) + "×"};
}

/// "pid 4713, core 3, 4 connections", as long as that process is there.
std::string process_text(const history::Incident& incident, const picture::Snapshot& now) {
  for (const telemetry::WorkerReport& worker : now.workers) {
    if (worker.number != incident.worker || worker.generation != incident.generation) continue;
    if (worker.pid == 0) break;
    return "pid " + std::to_string(worker.pid) + ", core " + std::to_string(worker.core) + ", " +
           counted(worker.connections, "connection");
  }
  return {};
}

/// The state of an incident in which nobody has died, and what is going to happen.
Sentence hung(const history::Incident& incident, const picture::Snapshot& now, Tone tone) {
  Sentence sentence{
      {PhraseKind::state, "HUNG " + counting_seconds(since(incident.start_ns(), now.time_ns))}};
  if (incident.moved > 0) sentence.push_back({PhraseKind::moved, moved(incident)});
  std::string how = where(incident);
  if (incident.hang_kind == HangKind::stopped) {
    how = std::string(manner(HangKind::stopped, tone)) + (how.empty() ? "" : " ") + how;
  }
  if (!how.empty()) sentence.push_back({PhraseKind::fact, std::move(how)});
  for (const telemetry::WorkerReport& worker : now.workers) {
    if (worker.number != incident.worker || worker.queue_length == 0) continue;
    sentence.push_back({PhraseKind::fact, queue_text(worker)});
  }
  const std::uint64_t kill_at = incident.start_ns() + now.server.kill_after_ns;
  if (incident.kill_ns != 0) {
    sentence.push_back({PhraseKind::fact, kill_sent(tone)});
  } else if (incident.abort_ns != 0) {
    sentence.push_back({PhraseKind::fact, abort_sent(tone)});
  } else if (now.server.kill_after_ns != 0 && incident.stuck_since_ns != 0) {
    sentence.push_back(
        {PhraseKind::fact, "kill in " + counting_seconds(since(now.time_ns, kill_at) + kTenth)});
  }
  return sentence;
}

Sentence dead(const history::Incident& incident, const picture::Snapshot& now, Tone tone) {
  const bool ended = incident.exit_ns != 0;  // while the kernel writes its core, it is not over
  const std::uint64_t from_ns = ended ? incident.exit_ns : incident.known_ns;
  Sentence sentence{{PhraseKind::state, (ended ? "DEAD " : "CRASHED ") +
                                            counting_seconds(since(from_ns, now.time_ns))}};
  if (incident.moved > 0) sentence.push_back({PhraseKind::moved, moved(incident)});
  if (ended) sentence.push_back(ending(incident, tone));
  if (incident.deaths > 1) sentence.push_back(deaths(incident));
  return sentence;
}

/// No program sends it to itself.
bool was_killed(const history::Incident& incident) {
  return incident.exit_cause == static_cast<std::uint32_t>(telemetry::ExitCause::signaled) &&
         incident.exit_code == SIGKILL;
}

/// "hung", "crashed: SIGSEGV", "killed: SIGKILL". What takes more words to say to a class comes
/// behind.
std::string state(const history::Incident& incident, Tone tone) {
  if (incident.kind == history::IncidentKind::hang) return "hung";
  const bool named = incident.exit_ns != 0 && tone == Tone::exact;
  const std::string what = was_killed(incident) ? "killed" : "crashed";
  return named ? what + ": " + ending(incident, tone).text : what;
}

}  // namespace

std::string_view manner(HangKind kind, Tone tone) {
  const bool exact = tone == Tone::exact;
  switch (kind) {
    case HangKind::spin: return exact ? "it spins" : "it runs in circles";
    case HangKind::blocked: return exact ? "it sleeps" : "it sleeps for ever";
    case HangKind::stopped: return exact ? "frozen by SIGSTOP" : "frozen";
    case HangKind::none: break;
  }
  return {};
}

Sentence headline(const history::Incident& incident, const picture::Snapshot& now,
                  const picture::TimeZone& zone, Tone tone) {
  const bool alive = !incident.is_dead();
  Sentence sentence = alive ? hung(incident, now, tone) : dead(incident, now, tone);
  if (std::string process = alive ? process_text(incident, now) : ""; !process.empty()) {
    sentence.push_back({PhraseKind::process, std::move(process)});
  }
  if (now.totals.requests > incident.served_at_start) {
    // To the digit as long as there is room for it beside everything else.
    const std::uint64_t served = now.totals.requests - incident.served_at_start;
    sentence.push_back(
        {PhraseKind::others,
         "others served " +
             (served < 100'000 ? grouped(served) : compact(static_cast<double>(served)))});
  }
  if (alive && now.wall_clock_ns != 0) {
    const auto age = static_cast<std::int64_t>(since(incident.start_ns(), now.time_ns));
    sentence.push_back({PhraseKind::fact, "since " + clock_time(now.wall_clock_ns - age, zone)});
  }
  return sentence;
}

Sentence receipt(const history::Incident& incident, Tone tone) {
  Sentence sentence{{PhraseKind::state, state(incident, tone)},
                    {PhraseKind::outage, outage_text(incident, tone)}};
  if (incident.moved > 0) sentence.push_back({PhraseKind::moved, moved(incident)});
  if (incident.exit_ns != 0) sentence.push_back({PhraseKind::fact, lost(incident.abandoned)});
  if (incident.deaths > 1) sentence.push_back(deaths(incident));
  // By which signal it crashed stands above; that it was killed is enough for a class.
  const bool crashed = incident.kind != history::IncidentKind::hang;
  const bool told = tone == Tone::exact ? crashed : says_killed(incident);
  if (!told && incident.exit_ns != 0) sentence.push_back(ending(incident, tone));
  if (incident.served_at_end > incident.served_at_start) {
    sentence.push_back({PhraseKind::others, "others served " + grouped(incident.served_at_end -
                                                                       incident.served_at_start)});
  }
  return sentence;
}

Sentence brief_receipt(const history::Incident& incident, Tone tone) {
  Sentence sentence{{PhraseKind::state, state(incident, tone)},
                    {PhraseKind::outage, outage_brief(incident, tone)}};
  if (incident.exit_ns != 0) sentence.push_back({PhraseKind::fact, lost(incident.abandoned)});
  return sentence;
}

std::vector<ChainStep> chain(const history::Incident& incident, Tone tone) {
  using telemetry::EventKind;
  std::vector<ChainStep> steps;
  const auto add = [&steps](std::uint64_t time_ns, EventKind kind, std::string title,
                            std::string detail = {}) {
    if (time_ns != 0) steps.push_back({time_ns, kind, std::move(title), std::move(detail)});
  };
  if (incident.request.empty()) {
    add(incident.stuck_since_ns, EventKind::none, "last sign of life", where(incident));
  } else {
    add(incident.stuck_since_ns, EventKind::none, "request received", incident.request);
  }
  add(incident.declared_ns, EventKind::hung, "declared hung",
      std::string(manner(incident.hang_kind, tone)) +
          std::string(consequence(incident.hang_kind, tone)));
  add(incident.moved_ns, EventKind::moved,
      grouped(incident.moved) + " moved in " + duration_text(incident.moving_ns),
      receivers(incident));
  add(incident.abort_ns, EventKind::abort, abort_sent(tone), "its time is over");
  add(incident.kill_ns, EventKind::kill, kill_sent(tone), "it did not end");
  const std::string end = end_text(incident.exit_cause, incident.exit_code, tone);
  if (incident.deaths > 1) {
    add(incident.first_exit_ns, EventKind::exit, "died");
    add(incident.exit_ns, EventKind::exit, "died again, " + grouped(incident.deaths) + "×", end);
  } else {
    add(incident.exit_ns, EventKind::exit, "exited", end + ", " + lost(incident.abandoned));
  }
  const std::uint32_t successor = incident.generation + std::max(incident.deaths, 1U);
  add(incident.fork_ns, EventKind::fork, "respawned",
      tone == Tone::exact ? "generation " + std::to_string(successor)
                          : generation_text(successor, tone));
  if (incident.recovered) {
    add(incident.back_ns, EventKind::recovered, std::string(recovery(incident, tone)));
  } else if (incident.replaced) {
    add(incident.back_ns, EventKind::listening, "ready", "it serves again");
  } else {
    add(incident.back_ns, EventKind::none, "not replaced");
  }
  std::stable_sort(steps.begin(), steps.end(), [](const ChainStep& left, const ChainStep& right) {
    return left.time_ns < right.time_ns;
  });
  return steps;
}

std::string queue_text(const telemetry::WorkerReport& worker) {
  if (worker.queue_length == 0) return {};
  return grouped(worker.queue_length) + (worker.queue_length == 1 ? " waits" : " wait") +
         " in its queue";
}

}  // namespace forkscope::words
