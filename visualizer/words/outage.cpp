#include "words/outage.h"

#include <algorithm>
#include <string_view>

#include "forkscope/telemetry/event_text.h"

namespace forkscope::words {

using history::Incident;
using telemetry::duration_text;

namespace {

/// " s" of "5.02 s"; nothing of "1 min 5 s", whose figures need all of their units.
std::string_view unit_of(std::string_view duration) {
  const std::size_t blank = duration.find(' ');
  const bool simple = blank != std::string_view::npos && blank == duration.rfind(' ');
  return simple ? duration.substr(blank) : std::string_view{};
}

/// The figure alone where it has the unit of `whole`.
std::string figure(std::uint64_t duration_ns, const std::string& whole) {
  std::string text = duration_text(duration_ns);
  const std::string_view unit = unit_of(text);
  if (!unit.empty() && unit == unit_of(whole)) text.resize(text.size() - unit.size());
  return text;
}

/// A crash is an end of its own.
bool killed_in_its_hang(const Incident& incident) {
  return incident.deaths <= 1 && incident.kind == history::IncidentKind::hang &&
         static_cast<telemetry::ExitCause>(incident.exit_cause) == telemetry::ExitCause::signaled;
}

/// How its process came to its end.
std::string_view end_word(const Incident& incident) {
  if (incident.deaths > 1) return "died again";
  return killed_in_its_hang(incident) ? "killed" : "ended";
}

std::string_view over_word(const Incident& incident, Tone tone) {
  return incident.recovered ? recovery(incident, tone) : "served again";
}

/// From its begin to its end, as it is shown: with what came later it makes up the whole, which is
/// rounded as well.
std::uint64_t ended_after_ns(const Outage& outage) {
  constexpr std::uint64_t kStepNs = 10'000'000;  // of duration_text(), from a second on
  const std::uint64_t whole_ns = outage.over_ns - std::min(outage.over_ns, outage.begin_ns);
  const std::uint64_t later_ns = outage.over_ns - std::min(outage.over_ns, outage.ended_ns);
  const std::uint64_t shown_ns = (whole_ns + kStepNs / 2) / kStepNs * kStepNs;
  const bool rounded = whole_ns >= 1'000'000'000 && later_ns <= shown_ns;
  return rounded ? shown_ns - later_ns : outage.ended_ns - outage.begin_ns;
}

/// Where it began is not known, and so not how long it was.
std::string remainder_text(const Incident& incident, const Outage& outage, Tone tone) {
  if (outage.over_ns == 0) return "not replaced";
  std::string text(over_word(incident, tone));
  if (outage.ended_ns == 0) return text;
  return text + ' ' + duration_text(outage.over_ns - outage.ended_ns) + " after its end";
}

}  // namespace

Outage outage_of(const Incident& incident) {
  const bool hang = incident.kind == history::IncidentKind::hang;
  Outage outage;
  outage.begin_ns = hang ? incident.stuck_since_ns : incident.known_ns;
  std::uint64_t latest_ns = outage.begin_ns;
  // Events may be told late, or lie.
  const auto after = [&latest_ns](std::uint64_t time_ns) {
    if (time_ns == 0) return time_ns;
    return latest_ns = std::max(latest_ns, time_ns);
  };
  if (hang) outage.noticed_ns = after(incident.declared_ns);
  if (hang || incident.exit_ns > incident.known_ns) outage.ended_ns = after(incident.exit_ns);
  if (incident.recovered || incident.replaced) outage.over_ns = after(incident.back_ns);
  return outage;
}

std::string outage_text(const Incident& incident, Tone tone) {
  const Outage outage = outage_of(incident);
  if (outage.begin_ns == 0) return remainder_text(incident, outage, tone);

  std::string whole;
  std::string parts;
  const auto add = [&parts](const std::string& part) {
    parts += (parts.empty() ? "" : ", ") + part;
  };
  if (outage.over_ns != 0) whole = duration_text(outage.over_ns - outage.begin_ns);
  if (outage.noticed_ns != 0) {
    add("noticed after " + figure(outage.noticed_ns - outage.begin_ns, whole));
  }
  if (outage.ended_ns != 0) {
    add(std::string(end_word(incident)) + " after " + figure(ended_after_ns(outage), whole));
  }
  if (outage.over_ns == 0) {
    add("not replaced");
    return parts;
  }
  if (!parts.empty()) {
    const std::uint64_t from_ns = std::max(outage.noticed_ns, outage.ended_ns);
    add(std::string(over_word(incident, tone)) + ' ' + duration_text(outage.over_ns - from_ns) +
        " later");
  }
  return "out for " + whole + (parts.empty() ? ", then served again" : ": " + parts);
}

bool says_killed(const Incident& incident) {
  const Outage outage = outage_of(incident);
  return outage.begin_ns != 0 && outage.ended_ns != 0 && killed_in_its_hang(incident);
}

std::string_view recovery(const Incident& incident, Tone tone) {
  // A process that is stopped cannot go on without somebody's SIGCONT (signal(7)).
  if (incident.hang_kind != telemetry::HangKind::stopped) return "went on by itself";
  return tone == Tone::exact ? "continued by SIGCONT" : "let go on";
}

std::string outage_brief(const Incident& incident, Tone tone) {
  const Outage outage = outage_of(incident);
  if (outage.begin_ns == 0 || outage.over_ns == 0) return remainder_text(incident, outage, tone);
  return "out for " + duration_text(outage.over_ns - outage.begin_ns);
}

}  // namespace forkscope::words
