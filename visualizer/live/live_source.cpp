#include "live/live_source.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <map>
#include <utility>

#include "control/question.h"
#include "forkscope/telemetry/endpoint.h"
#include "forkscope/telemetry/segment_view.h"
#include "live/core_meter.h"
#include "live/core_users.h"
#include "live/process_time.h"
#include "live/program_name.h"
#include "live/server_probe.h"
#include "os/one_thread.h"

namespace forkscope::live {

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

/// Each port once: "8000, 8001".
std::string ports_of(const picture::RunningServers& servers) {
  std::string list;
  std::uint16_t latest = 0;
  for (const picture::RunningServer& server : servers) {
    if (server.endpoint.port == std::exchange(latest, server.endpoint.port)) continue;
    list += (list.empty() ? "" : ", ") + std::to_string(server.endpoint.port);
  }
  return list;
}

std::ptrdiff_t count_on(std::uint16_t port, const picture::RunningServers& servers) {
  return std::count_if(
      servers.begin(), servers.end(),
      [port](const picture::RunningServer& server) { return server.endpoint.port == port; });
}

}  // namespace

struct LiveSource::State {
  [[no_unique_address]] os::OneThread user;
  std::optional<std::uint16_t> wanted_port;
  std::string only_socket;          // nothing else is looked for
  std::string chosen;               // the path of the one that was chosen; it has wanted_port
  picture::RunningServers servers;  // those that listened at the latest look
  telemetry::ControlPlaces places;
  ServerProbe probe;
  pid_t shown_pid = 0;  // of the server looked at, as the probe knows it
  std::map<std::string, control::Question>
      unanswered;  // by path: to servers that have not answered yet
  picture::Snapshot snapshot;
  News news;
  /// Of the server looked at. Stays after a loss: its last picture is still true.
  std::unique_ptr<SegmentReader> reader;
  CoreMeter cores;
  CoreUsers core_users;
  std::uint64_t next_attempt_ns = 0;
  std::uint64_t next_listing_ns = 0;
  std::uint64_t lost_ns = 0;  // when the server of `reader` was lost, while there is no other
  // The start of the span over which our own CPU time is measured, and what it was then.
  std::optional<std::uint64_t> cpu_since_ns;
  std::uint64_t cpu_then_ns = 0;

  bool is_live() const { return snapshot.attachment == picture::Attachment::live; }
  void list_servers(std::uint64_t now_ns);
  void name_servers();
  void follow_shown();
  void search(std::uint64_t now_ns);
  bool is_wanted(const telemetry::ControlEndpoint& server, std::uint64_t now_ns) const;
  std::string why_none() const;
  bool attach(const telemetry::ControlEndpoint& server, std::uint64_t now_ns);
  void use(SegmentView view, const telemetry::ControlEndpoint& server);
  void read(std::uint64_t now_ns);
  void lose(std::uint64_t now_ns);
  std::string remark() const;
  void sample_machine(std::uint64_t now_ns);
};

LiveSource::LiveSource(std::optional<std::uint16_t> port, const std::string& socket)
    : state_(std::make_unique<State>()) {
  state_->wanted_port = port;
  state_->only_socket = socket;
  state_->cores.sample(telemetry::now_ns());  // so that the second look is not far
}

LiveSource::~LiveSource() = default;

void LiveSource::poll() {
  State& state = *state_;
  assert(state.user.is_here());
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

const picture::RunningServers& LiveSource::servers() const { return state_->servers; }

bool LiveSource::runs(const telemetry::ControlEndpoint& server) {
  return state_->probe.listens(server);
}

void LiveSource::choose(const telemetry::ControlEndpoint& server) {
  assert(state_->user.is_here());
  if (state_->snapshot.server.socket != server.path) {
    state_->reader.reset();
    state_->news = {};
    const std::optional<double> observer_cpu = state_->snapshot.observer_cpu;
    state_->snapshot = {};
    state_->snapshot.observer_cpu = observer_cpu;
    state_->next_attempt_ns = 0;
    for (picture::RunningServer& other : state_->servers) other.shown = false;
  }
  state_->wanted_port = server.port;
  state_->chosen = server.path;
}

const picture::Snapshot& LiveSource::snapshot() const { return state_->snapshot; }
const std::vector<picture::Answer>& LiveSource::answers() const { return state_->news.answers; }
const std::vector<telemetry::EventRecord>& LiveSource::events() const {
  return state_->news.events;
}
const std::vector<picture::LatencyCount>& LiveSource::latency() const {
  return state_->news.latency;
}

/// Socket files may be left over from servers that were killed, so each is tried.
void LiveSource::State::list_servers(std::uint64_t now_ns) {
  next_listing_ns = now_ns + kListPeriodNs;
  places = telemetry::find_control_sockets();
  if (!only_socket.empty()) places.endpoints = {telemetry::control_endpoint_at(only_socket)};
  probe.keep_only(places.endpoints);
  servers.clear();
  for (const telemetry::ControlEndpoint& endpoint : places.endpoints) {
    if (probe.listens(endpoint)) servers.push_back({endpoint, {}});
  }
  name_servers();
  follow_shown();
  std::erase_if(unanswered, [this](const auto& question) {
    const bool gone = std::none_of(servers.begin(), servers.end(), [&](const auto& server) {
      return server.endpoint.path == question.first;
    });
    return gone || (is_live() && question.second.ready());  // too late: another one is looked at
  });
}

void LiveSource::State::name_servers() {
  for (picture::RunningServer& server : servers) {
    server.name = "port " + std::to_string(server.endpoint.port);
    if (count_on(server.endpoint.port, servers) == 1) continue;
    const std::string host = probe.host(server.endpoint);
    if (!host.empty()) server.name += ", " + host;
    server.name += ", pid " + std::to_string(probe.pid(server.endpoint));
  }
}

/// Marks the server looked at in the list, under another path if its socket has moved.
void LiveSource::State::follow_shown() {
  if (!is_live()) return;
  picture::ServerInfo& shown = snapshot.server;
  const auto by_path = [&](const picture::RunningServer& server) {
    return server.endpoint.path == shown.socket && probe.pid(server.endpoint) == shown_pid;
  };
  const auto by_process = [&](const picture::RunningServer& server) {
    return server.endpoint.port == shown.port && shown_pid != 0 &&
           probe.pid(server.endpoint) == shown_pid;
  };
  auto found = std::find_if(servers.begin(), servers.end(), by_path);
  if (found == servers.end()) found = std::find_if(servers.begin(), servers.end(), by_process);
  if (found == servers.end()) return;
  found->shown = true;
  if (chosen == shown.socket) chosen = found->endpoint.path;
  shown.socket = found->endpoint.path;
}

/// Tries the servers in question, lowest port first, until one gives its segment.
void LiveSource::State::search(std::uint64_t now_ns) {
  next_attempt_ns = now_ns + kSearchPeriodNs;
  list_servers(now_ns);
  if (!reader) snapshot.attachment_detail = why_none();
  for (const picture::RunningServer& server : picture::RunningServers(servers)) {
    if (!is_wanted(server.endpoint, now_ns)) continue;
    if (!attach(server.endpoint, now_ns) || is_live()) return;  // one wait per frame is enough
  }
}

bool LiveSource::State::is_wanted(const telemetry::ControlEndpoint& server,
                                  std::uint64_t now_ns) const {
  if (wanted_port && server.port != *wanted_port) return false;
  if (reader && now_ns < lost_ns + kLoyaltyNs) return server.path == snapshot.server.socket;
  const bool chosen_runs = std::any_of(
      servers.begin(), servers.end(),
      [this](const picture::RunningServer& other) { return other.endpoint.path == chosen; });
  return !chosen_runs || server.path == chosen;
}

std::string LiveSource::State::why_none() const {
  if (!only_socket.empty()) return "No server at " + only_socket + '.';
  std::string why = "No server found.";
  if (wanted_port) why = "No server on port " + std::to_string(*wanted_port) + '.';
  if (wanted_port && servers.size() == 1) why += " One runs on port " + ports_of(servers) + '.';
  if (wanted_port && servers.size() > 1) why += " Servers run on: " + ports_of(servers) + '.';
  if (!wanted_port) why += " Start one with: " + server_program() + '.';
  if (!places.ignored.empty()) why += ' ' + places.ignored;
  if (!places.looked_in.empty()) why += " Looked in " + places.looked_in + '.';
  return why;
}

/// False: the server there could not be read, and it may have taken a while to find out.
bool LiveSource::State::attach(const telemetry::ControlEndpoint& server, std::uint64_t now_ns) {
  const nlohmann::json command{{"cmd", "attach"}};
  control::Question& question = unanswered.try_emplace(server.path, server, command).first->second;
  control::Answer answer = question.wait(kAttachBound);
  if (!question.pending()) unanswered.erase(server.path);
  if (answer.result == control::Answer::Result::no_server) return true;
  std::string error = std::move(answer.error);
  if (answer.result == control::Answer::Result::ok) {
    try {
      if (!answer.descriptor) throw telemetry::SegmentError("it sent no telemetry segment");
      use(SegmentView::map_read_only(answer.descriptor.get()), server);
      return true;
    } catch (const telemetry::SegmentError& refused) {
      error = refused.what();
    }
  }
  snapshot.attachment_detail =
      "The server on port " + std::to_string(server.port) + " cannot be watched: " + error;
  next_attempt_ns = now_ns + kRetryPeriodNs;
  return false;
}

void LiveSource::State::use(SegmentView view, const telemetry::ControlEndpoint& server) {
  // The same server again, after it was taken for lost: the reading goes on where it stood.
  const bool same = reader && reader->instance_id() == view.header().instance_id;
  const std::uint32_t port = server.port != 0 ? server.port : view.header().port;
  if (!same) reader = std::make_unique<SegmentReader>(std::move(view));
  snapshot.server = reader->server(static_cast<std::uint16_t>(port));
  snapshot.server.socket = server.path;
  shown_pid = probe.pid(server);
  snapshot.attachment = picture::Attachment::live;
  follow_shown();
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
  snapshot.attachment = picture::Attachment::lost;
  for (picture::RunningServer& server : servers) server.shown = false;
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
  if (chosen.empty() && count_on(snapshot.server.port, servers) > 1) {
    return "Several servers run on port " + std::to_string(snapshot.server.port) + "; this is " +
           snapshot.server.host + ", pid " + std::to_string(shown_pid) + ". Choose with --socket.";
  }
  if (!wanted_port && servers.size() > 1) {
    return "Servers run on ports " + ports_of(servers) + "; this is " +
           std::to_string(snapshot.server.port) + ". Choose with --port.";
  }
  return {};
}

void LiveSource::State::sample_machine(std::uint64_t now_ns) {
  cores.sample(now_ns);
  std::vector<std::uint32_t> pids;
  for (const telemetry::WorkerReport& worker : snapshot.workers) {
    if (is_live() && worker.pid != 0) pids.push_back(worker.pid);
  }
  const bool trees = std::any_of(snapshot.workers.begin(), snapshot.workers.end(),
                                 [](const auto& worker) { return worker.program.has_value(); });
  core_users.sample(now_ns, snapshot.server.primary_pid, pids,
                    trees ? CoreUsers::Worker::tree : CoreUsers::Worker::process);
  for (telemetry::WorkerReport& worker : snapshot.workers) {
    // The reporter's own is of no interest; of one that hangs, the primary tells the program's.
    if (!worker.program || worker.stuck_since_ns != 0) continue;
    if (const auto core = core_users.core_of(worker.pid)) worker.core = *core;
  }
  snapshot.other_programs = core_users.others();
  snapshot.cores.clear();
  for (const CoreUse& core : cores.cores()) {
    picture::CoreSample& sample = snapshot.cores.emplace_back();
    sample.number = core.number;
    sample.utilisation = core.utilisation;
    sample.own = core_users.own(core.number);
    if (sample.own) sample.own = std::min(*sample.own, core.utilisation);
  }

  if (cpu_since_ns && now_ns < *cpu_since_ns + kCpuSpanNs) return;
  const std::uint64_t cpu_ns = process_cpu_ns();
  if (cpu_since_ns) {
    snapshot.observer_cpu =
        static_cast<double>(cpu_ns - cpu_then_ns) / static_cast<double>(now_ns - *cpu_since_ns);
  }
  cpu_since_ns = now_ns;
  cpu_then_ns = cpu_ns;
}

}  // namespace forkscope::live
