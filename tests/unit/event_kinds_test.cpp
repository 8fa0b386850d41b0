// The table of events: what everybody says and thinks of a kind, also of one that has no row.
#include "forkscope/telemetry/event_kinds.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>

#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/names.h"

namespace forkscope::telemetry {
namespace {

EventRecord event(EventKind kind, std::uint16_t worker, std::string_view text = {}) {
  EventRecord event{};
  event.kind = static_cast<std::uint16_t>(kind);
  event.worker = worker;
  event.text_bytes = static_cast<std::uint16_t>(text.copy(event.text, kEventTextBytes));
  return event;
}

TEST(EventKinds, EveryKindHasARowAndANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::uint16_t number = 1;; ++number) {
    const EventTraits& traits = traits_of(static_cast<EventKind>(number));
    if (traits.kind == EventKind::none) break;
    EXPECT_EQ(static_cast<std::uint16_t>(traits.kind), number);
    EXPECT_NE(traits.name, "unknown") << number;
    EXPECT_TRUE(names.insert(traits.name).second) << traits.name;
  }
  EXPECT_GE(names.size(), static_cast<std::size_t>(EventKind::shutdown));
}

TEST(EventKinds, ANumberWithoutARowIsToldAsUnknown) {
  for (const auto kind : {EventKind{0}, EventKind{0x7fff}, EventKind{0xffff}}) {
    EXPECT_EQ(traits_of(kind).name, "unknown");
    EXPECT_FALSE(is_warning(event(kind, 1)));
    EXPECT_EQ(describe(event(kind, 3)), "worker 3 unknown");
    EXPECT_EQ(describe(event(kind, 0)), "server: unknown");
  }
}

TEST(EventKinds, AWorkersEventOfTheServerIsNoSentenceAboutEither) {
  EXPECT_EQ(describe(event(EventKind::hung, 0, "idle")), "server: hung");
  EXPECT_EQ(describe(event(EventKind::scale, 2)), "worker 2 scale");
}

TEST(EventKinds, AnExitIsAWarningUnlessItWasClean) {
  EventRecord ended = event(EventKind::exit, 1);
  ended.exit_cause = static_cast<std::uint32_t>(ExitCause::exited);
  EXPECT_FALSE(is_warning(ended));
  ended.exit_code = 3;
  EXPECT_TRUE(is_warning(ended));
  ended.exit_code = 0;
  ended.exit_cause = static_cast<std::uint32_t>(ExitCause::signaled);
  EXPECT_TRUE(is_warning(ended));
}

TEST(EventKinds, AHangIsInARequestOrInAPhaseOfTheLoop) {
  const HungIn request = hung_in("GET /v1/faults/hang");
  EXPECT_EQ(request.request, "GET /v1/faults/hang");
  EXPECT_EQ(request.phase, "");
  for (const Phase phase : {Phase::booting, Phase::idle, Phase::reading, Phase::handling,
                            Phase::committing, Phase::flushing}) {
    const std::string name(to_string(phase));
    EXPECT_EQ(hung_in(name).phase, name);
    EXPECT_EQ(hung_in(name).request, "");
    EXPECT_EQ(during(name), " while " + name);
  }
  EXPECT_EQ(during("GET /"), " in GET /");
  EXPECT_EQ(during(""), "");
}

TEST(EventKinds, ATextIsClampedToItsRecordAndPrintable) {
  EventRecord killed = event(EventKind::kill, 1, "why");
  EXPECT_EQ(describe(killed), "worker 1 sent SIGKILL: why");
  std::memset(killed.text, 'x', sizeof killed.text);
  killed.text_bytes = 0xffff;
  EXPECT_EQ(event_text(killed), std::string(kEventTextBytes, 'x'));
  killed.text[0] = '\x1b';
  EXPECT_EQ(event_text(killed).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace forkscope::telemetry
