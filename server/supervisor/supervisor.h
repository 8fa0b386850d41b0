// The primary: forks the workers, watches them, and replaces those that hang or die.
//
// One thread, one epoll loop over signals, a voice per worker, and the control socket. No HTTP,
// no database, nothing that can block: whatever happens to a worker, the primary goes on. What a
// worker does is handed to it, and not known here (child/child.h). Its loop reads as verbs: reap,
// watch, roll, fork what is due, share the port, beat, hear.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "child/child.h"
#include "forkscope/telemetry/segment.h"
#include "forkscope/telemetry/segment_view.h"
#include "os/deadline.h"
#include "os/epoll.h"
#include "os/event_fd.h"
#include "os/listening_socket.h"
#include "os/service_manager.h"
#include "os/signal_events.h"
#include "supervisor/balance.h"
#include "supervisor/control_socket.h"
#include "supervisor/dealer.h"
#include "supervisor/event_log.h"
#include "supervisor/orphans.h"
#include "supervisor/port_sharing.h"
#include "supervisor/settings.h"
#include "supervisor/worker_handle.h"
#include "supervisor/worker_pool.h"

namespace forkscope::supervisor {

class Supervisor final : private Commands {
 public:
  /// Binds the port and makes the telemetry segment. `child` is what it forks. Throws
  /// std::system_error or std::runtime_error with one line for people.
  Supervisor(const Settings& settings, child::Child child);

  /// Runs until the server has stopped. Returns the exit code: 0 after a clean stop, 1 if a worker
  /// had to be killed for it or crashed, 3 or 4 if no worker can boot (child/child.h).
  int run();

 private:
  // Commands
  nlohmann::ordered_json status() override;
  bool signal_worker(std::uint32_t number, int signal) override;
  std::optional<std::string> scale(std::uint32_t workers) override;
  std::optional<std::string> protect(bool on) override;
  std::optional<std::string> balance(telemetry::BalancePolicy policy) override;
  telemetry::BalancePolicy balance() const override { return sharing_.policy(); }
  void reload() override;
  void stop() override;

  void say_what_is_left_out();
  void make_room_for_connections();
  void notice_own_pause(std::uint64_t now_ns);
  void reap(std::uint64_t now_ns);
  void reap_strangers();
  void watch(std::uint64_t now_ns);
  void fork_due(std::uint64_t now_ns);
  void share_port(std::uint64_t now_ns);
  void wake_all() const;
  void deal();
  void beat(std::uint64_t now_ns);
  void publish_beat(std::uint64_t now_ns);
  void keep_control_socket();
  void tell_of_connection_limit(std::uint64_t now_ns);
  void tell_service_manager(std::uint64_t now_ns);
  os::Deadline next_due() const;
  void hear(os::Deadline until, std::uint64_t now_ns);
  void hear_voice(WorkerHandle& worker);
  void hear_balance(const WorkerProcess& worker, std::string_view name);
  void hear_signals();
  bool is_hang_up(const os::ArrivedSignal& hup) const;
  void hear_hang_up(const os::ArrivedSignal& hup);
  void begin_shutdown(const std::string& why, bool at_once);
  void log_process_table();

  Settings settings_;
  const child::Child child_;
  Orphans orphans_;  ///< Before anything forks.
  os::ListeningSocket listener_;
  telemetry::Segment segment_;
  telemetry::SegmentView view_;
  EventLog events_;
  PortSharing sharing_;
  os::SignalEvents signals_;
  std::vector<os::EventFd> wake_;
  std::vector<os::UniqueFd> heirlooms_;
  ControlSocket control_;
  os::Epoll loop_;
  Dealer dealer_;
  Balance balance_;
  PrimaryParts primary_;
  os::ServiceManager service_manager_;
  WorkerPool pool_;
  bool told_ready_ = false;

  const bool had_terminal_;
  const pid_t starter_;  ///< Whoever forked us, while it lives.
  bool stopping_ = false;
  bool clean_stop_ = true;
  os::Deadline watch_due_;
  os::Deadline beat_due_ = os::Deadline::at(0);
  os::Deadline limit_line_due_ = os::Deadline::at(0);
  std::uint64_t clients_without_room_ = 0;  ///< As of the latest such line.
  std::uint64_t beats_ = 0;
  os::Deadline pause_noticed_;  ///< A round that begins later was held up by somebody else.
};

}  // namespace forkscope::supervisor
