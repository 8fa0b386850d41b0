#include "forkscope/telemetry/event_text.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>

#include "forkscope/telemetry/event_kinds.h"
#include "forkscope/telemetry/names.h"
#include "forkscope/telemetry/segment_view.h"

namespace forkscope::telemetry {

namespace {

/// The number at the beginning of `text`, which is taken off. Nothing: there is none above 0.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number == 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(1);
  return true;
}

std::string decimal(double value, int digits, const char* unit) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f %s", digits, value, unit);
  return text;
}

FlexibleText line_of(const EventRecord& event, std::string_view text) {
  const EventTraits& traits = traits_of(event);
  const Subject subject = event.worker == 0 ? Subject::server : Subject::worker;
  const bool fits = traits.sentence != nullptr && traits.subject == subject;
  FlexibleText said =
      fits ? traits.sentence(event, printable(text)) : FlexibleText(std::string(traits.name));
  if (subject == Subject::worker) {
    said.head.insert(0, "worker " + std::to_string(event.worker) + ' ');
  } else if (!fits) {
    said.head.insert(0, "server: ");
  }
  return said;
}

}  // namespace

std::string describe(const EventRecord& event) { return event_line(event).whole(); }

std::string describe(const EventRecord& event, std::string_view text) {
  return line_of(event, text).whole();
}

FlexibleText event_line(const EventRecord& event) { return line_of(event, event_text(event)); }

std::string event_text(const EventRecord& event) {
  return printable({event.text, std::min<std::size_t>(event.text_bytes, kEventTextBytes)});
}

HungIn hung_in(const std::string& text) {
  return text.find(' ') != std::string::npos ? HungIn{.request = text} : HungIn{.phase = text};
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> received_by(std::string_view text) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> received;
  do {
    const auto worker = take_number(text);
    if (!worker || *worker > kMaxSlots || !take(text, ':')) return {};
    const auto connections = take_number(text);
    if (!connections) return {};
    received.emplace_back(*worker, *connections);
  } while (take(text, ' '));
  if (!text.empty()) return {};
  return received;
}

std::string during(const std::string& text) {
  const HungIn place = hung_in(text);
  if (!place.request.empty()) return " in " + place.request;
  return place.phase.empty() ? "" : " while " + place.phase;
}

std::string exit_text(std::uint32_t cause, std::uint32_t code) {
  const bool signaled = static_cast<ExitCause>(cause) == ExitCause::signaled;
  return signaled ? signal_name(code) : "exit code " + std::to_string(code);
}

std::string counted(std::uint64_t count, const char* noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::string duration_text(std::uint64_t duration_ns) {
  const auto value = static_cast<double>(duration_ns);
  if (value < 999.5e3) return decimal(value / 1e3, 0, "µs");
  if (value < 9.95e6) return decimal(value / 1e6, 1, "ms");
  if (value < 999.5e6) return decimal(value / 1e6, 0, "ms");
  if (value < 60e9) return decimal(value / 1e9, value < 9.995e9 ? 2 : 1, "s");
  const std::uint64_t seconds = duration_ns / 1'000'000'000;
  if (seconds < 3600) {
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  }
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min";
}

}  // namespace forkscope::telemetry
