#include "app/comparison_run.h"

#include <poll.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>

#include "app/teacher.h"
#include "comparison/table.h"
#include "forkscope/telemetry/clock.h"
#include "forkscope/telemetry/names.h"
#include "operation/operator.h"
#include "os/signal_events.h"

namespace forkscope::app {

namespace {

constexpr int kPeriodMs = 30;
constexpr std::uint64_t kAttachBoundNs = 3'000'000'000;
constexpr std::uint64_t kPutBackBoundNs = 2'000'000'000;

int complain(const std::string& what) {
  std::fprintf(stderr, "todos-visualizer: %s\n", what.c_str());
  return 1;
}

std::string title_of(const picture::ServerInfo& server) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char day[32];
  std::strftime(day, sizeof day, "%Y-%m-%d %H:%M", &local);
  return "Ways to share a port: " + telemetry::authority(server.host, server.port) + ", " + day;
}

class ComparisonRun {
 public:
  explicit ComparisonRun(const session::SessionOptions& options) : session_(options) {}

  int write(const std::string& path) {
    if (!attach()) return complain(session_.history().latest().attachment_detail);
    std::ofstream file(path);
    if (!file) return complain("Cannot write " + path + ": " + std::strerror(errno) + '.');
    const std::string title = title_of(session_.history().latest().server);
    if (const std::string why_not = teacher_.toggle_comparison(); !why_not.empty()) {
      return complain(why_not);
    }
    bool whole = true;
    while (teacher_.comparison().is_running() && (whole = turn())) tell();
    teacher_.leave();
    settle();
    whole = whole && !teacher_.comparison().rows().empty();
    file << comparison::markdown(title, teacher_.comparison()) << std::flush;
    if (!file) return complain("Cannot write " + path + ": " + std::strerror(errno) + '.');
    return whole ? 0 : complain("It was not measured to the end.");
  }

 private:
  /// False: somebody has asked for the end.
  bool turn() {
    pollfd entry{signals_.fd(), POLLIN, 0};
    ::poll(&entry, 1, kPeriodMs);
    if (signals_.next()) return false;
    session_.poll();
    operator_.poll(telemetry::now_ns());
    teacher_.update();
    return true;
  }

  /// Until the server has told what it has; true: there is one.
  bool attach() {
    const std::uint64_t bound_ns = telemetry::now_ns() + kAttachBoundNs;
    const auto is_known = [this] {
      return session_.history().latest().attachment == picture::Attachment::live &&
             operator_.offer().faults != picture::Has::unknown;
    };
    while (!is_known() && telemetry::now_ns() < bound_ns && turn()) continue;
    return session_.history().latest().attachment == picture::Attachment::live;
  }

  /// Until the primary has done what is put back.
  void settle() {
    const std::uint64_t bound_ns = telemetry::now_ns() + kPutBackBoundNs;
    do {
      turn();
    } while (operator_.waits() && telemetry::now_ns() < bound_ns);
  }

  void tell() {
    std::string progress = teacher_.comparison().progress();
    if (progress == told_ || progress.empty()) return;
    std::fprintf(stderr, "%s\n", progress.c_str());
    told_ = std::move(progress);
  }

  const os::SignalEvents signals_{SIGINT, SIGTERM};
  session::Session session_;
  operation::Operator operator_{session_};
  Teacher teacher_{session_, operator_};
  std::string told_;
};

}  // namespace

int write_comparison(const session::SessionOptions& options, const std::string& path) {
  return ComparisonRun(options).write(path);
}

}  // namespace forkscope::app
