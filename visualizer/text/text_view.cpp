#include "text/text_view.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "forkscope/telemetry/event_text.h"
#include "forkscope/telemetry/worker_report.h"
#include "load/clients_saw.h"
#include "operation/notice.h"
#include "operation/operator.h"
#include "text/charset.h"
#include "text/help.h"
#include "text/key_reader.h"
#include "text/line_log.h"
#include "text/output.h"
#include "text/snapshot_json.h"
#include "text/table.h"
#include "text/terminal.h"
#include "text/wish_keys.h"
#include "words/change_text.h"
#include "words/format.h"
#include "words/wording.h"

namespace forkscope::text {

namespace {

using namespace std::chrono_literals;
using session::Session;

constexpr std::uint64_t kRedrawNs = 250'000'000;
/// The lanes are short: records are read more often than anything is drawn.
constexpr auto kPoll = 50ms;
/// `--once`: how long a server may take to answer, and how long to look before rates mean anything.
constexpr auto kAttachBound = 1000ms;
constexpr auto kLook = 300ms;
constexpr std::uint64_t kNoticeNs = 6'000'000'000;

/// Waits for whoever reads the output. Nothing is watched meanwhile and nothing is to be put back,
/// so a signal may end the process in the middle of it.
int print(std::string_view text) {
  const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return whole && std::fflush(stdout) == 0 ? 0 : 1;
}

/// A picture as JSON: of a live server after a short look, of a recording at its moment.
int print_once(Session& session, bool at_end) {
  const history::History& history = session.history();
  const auto live = [&] { return history.latest().attachment == picture::Attachment::live; };
  if (session.is_replay()) {
    if (at_end) session.playhead().to_end();
    if (const std::string notice = session.take_notice(); !notice.empty()) {
      std::fprintf(stderr, "todos-visualizer: %s\n", notice.c_str());
    }
    return print(snapshot_json(history.at(session.view_time(0))).dump(2) + '\n');
  }
  const auto give_up = std::chrono::steady_clock::now() + kAttachBound;
  session.poll();
  while (!live() && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(50ms);
    session.poll();
  }
  if (live()) {
    std::this_thread::sleep_for(kLook);
    session.poll();
  }
  if (!live()) {
    std::fprintf(stderr, "todos-visualizer: %s\n", history.latest().attachment_detail.c_str());
    return 1;
  }
  return print(snapshot_json(history.latest()).dump(2) + '\n');
}

std::string minutes(std::uint64_t ns) {
  const std::uint64_t seconds = ns / 1'000'000'000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%llu:%02llu",
                static_cast<unsigned long long>(seconds / 60),
                static_cast<unsigned long long>(seconds % 60));
  return text.data();
}

/// What the load generator does, and what its clients see of it.
std::string load_line(const load::LoadStatus& load) {
  std::string line = "load  got " + words::compact(load.requests_per_second) + " req/s";
  if (load.max_ns != 0) line += "  max " + telemetry::duration_text(load.max_ns);
  return line + "  " + load::clients_saw(load);
}

/// The table, redrawn in place, with the keys of the window that make sense here.
class TableView {
 public:
  explicit TableView(Session& session) : session_(session) {}

  int run() {
    const Signals signals;
    Terminal terminal;
    const bool keys = ::isatty(STDIN_FILENO) != 0;
    std::uint64_t drawn_ns = 0;
    for (;;) {
      session_.poll();
      const std::uint64_t now = telemetry::now_ns();
      operator_.poll(now);
      take_notices(now);
      if (touched_ || now >= drawn_ns + kRedrawNs) {
        size_ = terminal.size();
        if (!terminal.show(lines(size_, now))) return 0;
        drawn_ns = now;
        touched_ = false;
      }
      const Signals::Woken woken = signals.wait(kPoll, keys, terminal.awaited());
      if (woken.stop || !terminal.flush()) return 0;
      if (woken.suspend) terminal.suspend();
      touched_ = woken.resized || woken.suspend;
      if (woken.keys && !take_keys(terminal.keys())) return 0;
    }
  }

 private:
  std::vector<std::string> lines(TableSize size, std::uint64_t now) const {
    std::vector<std::string> lines =
        help_ ? text::help(size, *help_, colors_)
              : table(session_.history(), session_.view_time(now), footer(now), size, colors_);
    for (std::string& line : lines) line = in_charset(line, charset_);
    return lines;
  }

  /// False: the user wants to leave.
  bool take_keys(std::string_view typed) {
    touched_ = touched_ || !typed.empty();
    keys_.add(typed);
    for (std::string key = keys_.next(); !key.empty(); key = keys_.next()) {
      if (key == "q") return false;
      take_key(key);
    }
    return true;
  }

  void take_key(std::string_view key) {
    const std::uint64_t now = telemetry::now_ns();
    history::Playhead& head = session_.playhead();
    const history::History& history = session_.history();
    const auto is = [key](std::initializer_list<std::string_view> names) {
      return std::find(names.begin(), names.end(), key) != names.end();
    };
    // Arrows and End as xterm, the Linux console and tmux send them.
    if (help_) {
      take_help_key(key);
    } else if (key == "?") {
      help_ = 0;
    } else if (key == " ") {
      head.toggle_pause(history, now);
    } else if (is({"\x1b[1;2D", "p"})) {
      session_.jump(now, -1);
    } else if (is({"\x1b[1;2C", "n"})) {
      session_.jump(now, +1);
    } else if (is({"\x1b[D", "\x1bOD"})) {
      head.step(history, now, -1);
    } else if (is({"\x1b[C", "\x1bOC"})) {
      head.step(history, now, +1);
    } else if (is({"\x1b[F", "\x1bOF", "\x1b[4~", "e"})) {
      head.to_end();
    } else if (key == "m") {
      session_.mark(now);
    } else if (const auto wish = wish_of(key, history.latest())) {
      notice_.clear();  // what has become of the one before
      operator_.carry_out(*wish);
    }
    take_notices(now);
  }

  /// While the help is open, nothing else is done by any key.
  void take_help_key(std::string_view key) {
    const std::size_t count = help_screens(size_);
    if (key == "?") {
      help_.reset();
    } else if (key == " " || key == "\x1b[C" || key == "\x1bOC") {
      help_ = (*help_ + 1) % count;
    } else if (key == "\x1b[D" || key == "\x1bOD") {
      help_ = (*help_ + count - 1) % count;
    }
  }

  void take_notices(std::uint64_t now) {
    notice_.say(session_.take_notice(), now);
    notice_.say(operator_.take_notice(), now);
  }

  Footer footer(std::uint64_t now) const {
    const history::History& history = session_.history();
    const history::Playhead& head = session_.playhead();
    const std::uint64_t shown = session_.view_time(now);
    Footer footer;
    if (session_.is_replay()) {
      const std::uint64_t start = history.oldest_ns();
      footer.mode = head.playing(history, now) ? "REPLAY "
                    : head.paused()            ? "REPLAY, paused "
                                               : "REPLAY, ended ";
      footer.mode +=
          minutes(shown - std::min(start, shown)) + " of " + minutes(history.newest_ns() - start);
      footer.alert = !head.playing(history, now);
    } else if (head.at_end()) {
      footer.mode = session_.is_recording() ? "LIVE, recording" : "LIVE";
    } else {
      footer.mode = "PAUSED " + words::counting_seconds(history.newest_ns() - shown) + " ago";
      footer.alert = true;
    }
    footer.help = notice_.text(now);
    if (footer.help.empty()) footer.help = keys();
    const load::LoadStatus& load = operator_.load_status();
    if (load.running && head.at_end()) footer.load = load_line(load);
    return footer;
  }

  /// The keys that do something at this moment.
  std::string keys() const {
    if (session_.playhead().paused() || session_.is_replay()) {
      return "Space play  ←/→ step  n/p incident  e end  ? help  q quit";
    }
    const std::string servers = session_.servers().size() > 1 ? "s next server  " : "";
    const bool faults = operator_.offer().faults != picture::Has::no;
    return std::string(faults ? "h hang  c crash  " : "") + "l load  o protect  " + servers +
           "? help  Space pause  q quit";
  }

  Session& session_;
  operation::Operator operator_{session_};
  operation::Notice notice_{kNoticeNs};
  KeyReader keys_;
  const Colors colors_ = colors_of_environment();
  const Charset charset_ = charset_of_environment(Reader::terminal);
  TableSize size_;                   // of the latest picture
  std::optional<std::size_t> help_;  // the screen of the help that is open
  bool touched_ = true;
};

std::string event_line(const telemetry::EventRecord& event, const picture::TimeZone& zone) {
  return words::clock_time(static_cast<std::int64_t>(event.wall_clock_ns), zone) + "  " +
         telemetry::describe(event) + '\n';
}

std::string receipt_line(const history::Incident& incident, const std::string& clock) {
  return clock + "  worker " + std::to_string(incident.worker) + ": " +
         joined(words::receipt(incident)) + '\n';
}

std::string change_line(const history::Change& change, const std::string& clock) {
  return clock + "  " + joined(words::change_text(change, change.end_ns)) + '\n';
}

/// One line per event, and per incident, reload or scaling that is over; a line whenever the server
/// comes or goes.
int print_lines(Session& session) {
  const Signals signals;
  LineLog log;
  const history::History& history = session.history();
  std::string said;
  std::uint64_t receipts_until_ns = 0;
  std::uint64_t changes_until_ns = 0;
  do {
    session.poll();
    const picture::Snapshot& snapshot = history.latest();
    const std::string now = words::clock_time(snapshot.wall_clock_ns, history.zone());
    if (const std::string notice = session.take_notice(); !notice.empty()) log.complain(notice);
    std::string attachment = snapshot.attachment_detail;
    if (attachment.empty()) attachment = "Attached to port " + std::to_string(snapshot.server.port);
    if (attachment != said) log.add(now + "  " + attachment + '\n');
    said = attachment;
    for (const telemetry::EventRecord& event : session.new_events()) {
      log.add(event_line(event, history.zone()));
    }
    std::uint64_t newest_ns = receipts_until_ns;
    for (const history::Incident& incident : history.incidents()) {
      if (incident.open() || incident.back_ns <= receipts_until_ns) continue;
      log.add(receipt_line(incident, now));
      newest_ns = std::max(newest_ns, incident.back_ns);
    }
    receipts_until_ns = newest_ns;
    for (const history::Change& change : history::recent_changes(history, history.newest_ns())) {
      if (!change.settled || change.begin_ns <= changes_until_ns) continue;
      log.add(change_line(change, now));
      changes_until_ns = change.begin_ns;
    }
    if (!log.flush()) return 0;
  } while (!signals.wait(kPoll, false, log.awaited()).stop);
  log.flush();
  return 0;
}

/// A recording's events and receipts up to its moment, in the order in which they came.
int print_replay(Session& session, bool at_end) {
  if (at_end) session.playhead().to_end();
  const history::History& history = session.history();
  const std::uint64_t until = session.view_time(0);
  if (const std::string notice = session.take_notice(); !notice.empty()) {
    std::fprintf(stderr, "todos-visualizer: %s\n", notice.c_str());
  }
  std::vector<std::pair<std::uint64_t, std::string>> lines;
  auto events = history.events(until, SIZE_MAX);
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    lines.emplace_back(event->time_ns, event_line(*event, history.zone()));
  }
  for (const history::Incident& incident : history.incidents(until)) {
    if (incident.open()) continue;
    const std::string clock =
        words::clock_time(history.wall_clock_at(incident.back_ns), history.zone());
    lines.emplace_back(incident.back_ns, receipt_line(incident, clock));
  }
  for (const history::Change& change : history::changes_between(history, 0, until)) {
    if (change.open()) continue;
    const std::string clock =
        words::clock_time(history.wall_clock_at(change.end_ns), history.zone());
    lines.emplace_back(change.end_ns, change_line(change, clock));
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  std::string all;
  for (const auto& [time_ns, line] : lines) all += line;
  return print(in_charset(all, charset_of_environment(Reader::program)));
}

}  // namespace

int run_text(const session::SessionOptions& options, bool once) {
  Session session(options);
  if (once) return print_once(session, !options.at);
  const bool screen = ::isatty(STDOUT_FILENO) != 0 && colors_of_environment() != Colors::none;
  if (screen) return TableView(session).run();
  return session.is_replay() ? print_replay(session, !options.at) : print_lines(session);
}

}  // namespace forkscope::text
