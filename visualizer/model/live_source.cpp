#include "model/live_source.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "forkscope/telemetry/endpoint.h"
#include "forkscope/telemetry/segment_view.h"
#include "model/control_socket.h"
#include "model/core_meter.h"
#include "model/process_time.h"
#include "model/server_probe.h"

namespace forkscope::model {

using telemetry::SegmentView;

namespace {

constexpr std::chrono::milliseconds kAttachBound{50};
constexpr std::uint64_t kSearchPeriodNs = 250'000'000;   // while nobody listens
constexpr std::uint64_t kRetryPeriodNs = 1'000'000'000;  // after a server that could not be read
constexpr std::uint64_t kListPeriodNs = 2'000'000'000;   // for other servers, while one is watched
/// So long after a loss only the same port is tried: a server that restarts is the one wanted.
constexpr std::uint64_t kLoyaltyNs = 3'000'000'000;
constexpr std::uint64_t kBeatLateNs = 2'000'000'000;  // twenty heartbeats
constexpr std::uint64_t kCpuSpanNs = 1'000'000'000;

std::string list_of(const std::vector<std::uint16_t>& ports) {
  std::string list;
  for (const std::uint16_t port : ports) {
    list += (list.empty() ? "" : ", ") + std::to_string(port);
  }
  return list;
}

}  // namespace

struct LiveSource::State {
  std::optional<std::uint16_t> wanted_port;
  std::vector<std::uint16_t> ports;  // of the servers that listened at the latest look
  ServerProbe probe;
  std::map<std::uint16_t, ControlQuestion>
      unanswered;  // by port: to servers that have not answered yet
  Snapshot snapshot;
  News news;
  /// Of the server looked at. Stays after a loss: its last picture is still true.
  std::unique_ptr<SegmentReader> reader;
  CoreMeter cores;
  std::uint64_t next_attempt_ns = 0;
  std::uint64_t next_listing_ns = 0;
  std::uint64_t lost_ns = 0;
  std::uint64_t cpu_since_ns = 0;  // start of the span over which our own CPU time is measured
  std::uint64_t cpu_then_ns = 0;

  bool is_live() const { return snapshot.attachment == Attachment::live; }
  void list_servers(std::uint64_t now_ns);
  void search(std::uint64_t now_ns);
  bool attach(std::uint16_t port, std::uint64_t now_ns);
  void use(SegmentView view, std::uint16_t port);
  void read(std::uint64_t now_ns);
  void lose(std::uint64_t now_ns);
  std::string remark() const;
  void sample_machine(std::uint64_t now_ns);
};

LiveSource::LiveSource(std::optional<std::uint16_t> port) : state_(std::make_unique<State>()) {
  state_->wanted_port = port;
}

LiveSource::~LiveSource() = default;

void LiveSource::poll() {
  State& state = *state_;
  state.news = {};
  std::uint64_t now_ns = telemetry::now_ns();
  if (!state.is_live() && now_ns >= state.next_attempt_ns) {
    state.search(now_ns);
    now_ns = telemetry::now_ns();
  } else if (now_ns >= state.next_listing_ns) {
    state.list_servers(now_ns);
  }
  state.snapshot.time_ns = now_ns;
  state.snapshot.wall_clock_ns = static_cast<std::int64_t>(telemetry::wall_clock_ns());
  if (state.is_live()) state.read(now_ns);
  state.sample_machine(now_ns);
}

const std::vector<std::uint16_t>& LiveSource::ports() const { return state_->ports; }

bool LiveSource::runs(std::uint16_t port) { return state_->probe.listens(port); }

void LiveSource::choose(std::uint16_t port) {
  if (state_->snapshot.server.port != port) {
    state_->reader.reset();
    state_->news = {};
    const std::optional<double> observer_cpu = state_->snapshot.observer_cpu;
    state_->snapshot = {};
    state_->snapshot.observer_cpu = observer_cpu;
    state_->next_attempt_ns = 0;
  }
  state_->wanted_port = port;
}

const Snapshot& LiveSource::snapshot() const { return state_->snapshot; }
const std::vector<Answer>& LiveSource::answers() const { return state_->news.answers; }
const std::vector<telemetry::EventRecord>& LiveSource::events() const {
  return state_->news.events;
}
const std::vector<LatencyCount>& LiveSource::latency() const { return state_->news.latency; }

/// Socket files may be left over from servers that were killed, so each is tried; but for the one
/// of the server looked at, whose life is known better.
void LiveSource::State::list_servers(std::uint64_t now_ns) {
  next_listing_ns = now_ns + kListPeriodNs;
  ports = telemetry::control_socket_ports();
  probe.keep_only(ports);
  std::erase_if(ports, [this](std::uint16_t port) {
    return !(is_live() && port == snapshot.server.port) && !probe.listens(port);
  });
  std::erase_if(unanswered, [this](const auto& question) {
    const bool gone = std::find(ports.begin(), ports.end(), question.first) == ports.end();
    return gone || (is_live() && question.second.ready());  // too late: another one is looked at
  });
}

/// Tries the ports in question, lowest first, until one gives its segment.
void LiveSource::State::search(std::uint64_t now_ns) {
  next_attempt_ns = now_ns + kSearchPeriodNs;
  list_servers(now_ns);
  std::optional<std::uint16_t> only = wanted_port;
  if (!only && reader && now_ns < lost_ns + kLoyaltyNs) only = snapshot.server.port;
  if (!reader) {
    snapshot.attachment_detail = wanted_port
                                     ? "No server on port " + std::to_string(*wanted_port) + '.'
                                     : "No server found. Start one with: todos-server";
    if (wanted_port && !ports.empty()) {
      snapshot.attachment_detail += " Servers run on: " + list_of(ports) + '.';
    }
  }
  for (const std::uint16_t port : ports) {
    if (only && port != *only) continue;
    if (!attach(port, now_ns) || is_live()) return;  // one wait per frame is enough
  }
}

/// False: the server there could not be read, and it may have taken a while to find out.
bool LiveSource::State::attach(std::uint16_t port, std::uint64_t now_ns) {
  const nlohmann::json command{{"cmd", "attach"}};
  ControlQuestion& question = unanswered.try_emplace(port, port, command).first->second;
  ControlAnswer answer = question.wait(kAttachBound);
  if (!question.pending()) unanswered.erase(port);
  if (answer.result == ControlAnswer::Result::no_server) return true;
  std::string error = std::move(answer.error);
  if (answer.result == ControlAnswer::Result::ok) {
    try {
      if (!answer.descriptor) throw telemetry::SegmentError("it sent no telemetry segment");
      use(SegmentView::map_read_only(answer.descriptor.get()), port);
      return true;
    } catch (const telemetry::SegmentError& refused) {
      error = refused.what();
    }
  }
  snapshot.attachment_detail =
      "The server on port " + std::to_string(port) + " cannot be watched: " + error;
  next_attempt_ns = now_ns + kRetryPeriodNs;
  return false;
}

void LiveSource::State::use(SegmentView view, std::uint16_t port) {
  // The same server again, after it was taken for lost: the reading goes on where it stood.
  const bool same = reader && reader->instance_id() == view.header().instance_id;
  if (!same) reader = std::make_unique<SegmentReader>(std::move(view));
  snapshot.server = reader->server(port);
  snapshot.attachment = Attachment::live;
}

void LiveSource::State::read(std::uint64_t now_ns) {
  reader->read(now_ns, snapshot, news);
  const bool late = snapshot.server.beat_age_ns > kBeatLateNs;
  const PrimaryWatch::Life life = reader->primary_life();
  if (life == PrimaryWatch::Life::gone || (life == PrimaryWatch::Life::unknown && late)) {
    lose(now_ns);
  } else {
    snapshot.attachment_detail = remark();
  }
}

void LiveSource::State::lose(std::uint64_t now_ns) {
  snapshot.attachment = Attachment::lost;
  snapshot.attachment_detail = "The server on port " + std::to_string(snapshot.server.port) +
                               " is gone. This is its last picture.";
  lost_ns = now_ns;
  next_attempt_ns = now_ns;
}

/// What to say of a server that lives; mostly nothing.
std::string LiveSource::State::remark() const {
  if (reader->is_damaged()) {
    return "The telemetry of this server is damaged: figures may be wrong.";
  }
  if (snapshot.server.beat_age_ns > kBeatLateNs) {
    return "The primary (pid " + std::to_string(snapshot.server.primary_pid) +
           ") gives no sign of life: stopped, or starved of CPU time.";
  }
  if (!wanted_port && ports.size() > 1) {
    return "Servers run on ports " + list_of(ports) + "; this is " +
           std::to_string(snapshot.server.port) + ". Choose with --port.";
  }
  return {};
}

void LiveSource::State::sample_machine(std::uint64_t now_ns) {
  cores.sample(now_ns);
  snapshot.cores.clear();
  for (const CoreUse& core : cores.cores()) {
    snapshot.cores.push_back({core.number, core.utilisation, {}});
  }
  assign_workers_to_cores(snapshot);

  if (cpu_since_ns != 0 && now_ns < cpu_since_ns + kCpuSpanNs) return;
  const std::uint64_t cpu_ns = process_cpu_ns();
  if (cpu_since_ns != 0) {
    snapshot.observer_cpu =
        static_cast<double>(cpu_ns - cpu_then_ns) / static_cast<double>(now_ns - cpu_since_ns);
  }
  cpu_since_ns = now_ns;
  cpu_then_ns = cpu_ns;
}

}  // namespace forkscope::model
