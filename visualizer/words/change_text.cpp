#include "words/change_text.h"

#include <algorithm>
#include <string>

#include "forkscope/telemetry/event_text.h"
#include "words/format.h"

namespace forkscope::words {

using history::Change;
using history::ChangeKind;

namespace {

/// "2 of 4 replaced"
std::string replaced(const Change& change) {
  const std::string of = change.wanted != 0 ? " of " + grouped(change.wanted) : "";
  return grouped(change.replaced.size()) + of + " replaced";
}

/// "from 4 to 6 workers"
std::string numbers(const Change& change) {
  const std::string from = change.before != 0 ? "from " + grouped(change.before) + ' ' : "";
  return from + "to " + counted(change.wanted, "worker");
}

std::string state(const Change& change, std::uint64_t now_ns) {
  const bool reload = change.kind == ChangeKind::reload;
  if (change.open()) {
    const std::uint64_t age_ns = now_ns - std::min(now_ns, change.begin_ns);
    return (reload ? "RELOAD " : "SCALING ") + counting_seconds(age_ns);
  }
  const std::string took =
      telemetry::duration_text(change.end_ns - std::min(change.begin_ns, change.end_ns));
  if (!reload) return "Scaled " + numbers(change) + " in " + took;
  if (change.why_early.empty()) return "Reload: " + replaced(change) + " in " + took;
  return "Reload given up after " + took;
}

}  // namespace

Sentence change_text(const Change& change, std::uint64_t now_ns) {
  const bool reload = change.kind == ChangeKind::reload;
  Sentence sentence{{PhraseKind::state, state(change, now_ns)}};
  if (change.open()) {
    sentence.push_back({PhraseKind::fact, reload ? replaced(change) : numbers(change)});
  } else if (!change.why_early.empty()) {
    sentence.push_back({PhraseKind::fact, replaced(change)});
    sentence.push_back({PhraseKind::fact, change.why_early});
  }
  if (!change.leaving.empty()) {
    if (change.moved > 0) {
      sentence.push_back({PhraseKind::moved, counted(change.moved, "connection") + " moved" +
                                                 (change.none_closed ? ", none closed" : "")});
    } else if (change.none_closed) {
      sentence.push_back({PhraseKind::fact, "no connection closed"});
    }
    sentence.push_back({PhraseKind::fact, change.abandoned == 0
                                              ? "no request lost"
                                              : counted(change.abandoned, "request") + " lost"});
  }
  if (change.extra.first != 0) {  // a number that is seen at no other time
    sentence.push_back({PhraseKind::fact, "worker " + std::to_string(change.extra.first) +
                                              (change.open() ? " stands in" : " stood in")});
  }
  return sentence;
}

}  // namespace forkscope::words
