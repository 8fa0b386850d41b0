// Random faults under mixed load, from one seed. Checks at the end that no request failed but those
// that a dying worker had in its hands, that the server has counted each of them and no other, that
// every acknowledged todo is there once, that descriptors have not grown, and that no process is
// left over.
//
//   chaos SECONDS SEED
//
// The sequence of faults and pauses depends on the seed alone; what runs at the moment of each does
// not. Exit code 0: everything held.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <string>
#include <thread>

#include "support/crowd.h"
#include "support/figures.h"
#include "support/proc.h"
#include "support/server_process.h"
#include "support/server_watch.h"
#include "support/todos.h"
#include "support/wait_until.h"

namespace {

using namespace std::chrono_literals;
using forkscope::support::Crowd;
using forkscope::support::Figures;
using forkscope::support::Habit;
using forkscope::support::HttpConnection;
using forkscope::support::open_descriptors;
using forkscope::support::Seen;
using forkscope::support::ServerProcess;
using forkscope::support::wait_until;
using Clock = std::chrono::steady_clock;

constexpr int kWorkers = 4;
const forkscope::support::Habits kHabits = {{Habit::loops, 12},    {Habit::pipelines, 6},
                                            {Habit::rests, 4},     {Habit::cuts_head, 4},
                                            {Habit::cuts_body, 4}, {Habit::expects, 2}};

/// Requests that take their worker along, each on a connection of its own.
using Culprits = std::deque<HttpConnection>;

void fire(ServerProcess& server, std::mt19937& random, Culprits& culprits) {
  const auto number = static_cast<int>(1 + random() % kWorkers);
  const auto kind = random() % 11;
  const auto wanted = static_cast<int>(2 + random() % 5);
  static const int kSignals[] = {SIGKILL, SIGSTOP, SIGABRT, SIGSEGV};
  static const char* const kRequests[] = {"/v1/faults/hang?mode=spin", "/v1/faults/hang?mode=sleep",
                                          "/v1/faults/crash?how=segv", "/v1/faults/crash?how=exit"};
  try {
    if (kind < 4) {
      const auto worker = server.worker(number);
      const pid_t pid = worker.value("pid", 0);
      std::printf("signal %d to worker %d (pid %d)\n", kSignals[kind], number, pid);
      if (pid > 0) ::kill(pid, kSignals[kind]);
    } else if (kind < 8) {
      std::printf("%s\n", kRequests[kind - 4]);
      culprits.push_back(server.start_request(kRequests[kind - 4]));
    } else if (kind < 10) {
      std::printf("reload\n");
      server.signal(SIGHUP);
    } else {
      std::printf("scale %d\n", wanted);
      server.control({{"cmd", "scale"}, {"workers", wanted}});
    }
  } catch (const std::exception& error) {
    std::printf("  not done: %s\n", error.what());
  }
}

bool is_calm(const ServerProcess& server) {
  const auto status = server.control({{"cmd", "status"}});
  if (status["reloading"] != false || status["workers"].size() != kWorkers) return false;
  return std::ranges::all_of(status["workers"], [](const auto& worker) {
    return worker["state"] == "idle" || worker["state"] == "busy";
  });
}

bool hold(bool condition, const std::string& what) {
  std::printf("%s  %s\n", condition ? "ok    " : "FAILED", what.c_str());
  return condition;
}

/// Workers that have died of something; one that was stopped and killed for it, too.
long deaths_in(const std::string& log) {
  return forkscope::support::count_in(log, " ended by ") +
         forkscope::support::count_in(log, " ended with code 70");  // EX_SOFTWARE, of the fault
}

/// Nothing failed but what a dying worker had in its hands, and the server knows of each.
bool only_losses_are_counted_ones(const ServerProcess& server, const Figures& figures,
                                  const Seen& seen, Culprits& culprits) {
  long closed = 0;
  for (HttpConnection& culprit : culprits) closed += culprit.is_closed_by_peer() ? 1 : 0;
  const long broken = seen.broken_with_request + seen.broken_with_half;
  const long deaths = deaths_in(server.log());
  const auto is_counted = [&] { return figures.lost() == broken + closed; };
  bool all = hold(closed == static_cast<long>(culprits.size()),
                  "of " + std::to_string(culprits.size()) + " requests that kill " +
                      std::to_string(closed) + " were not answered");
  all &= hold(broken <= deaths, std::to_string(seen.answers) + " answers, " +
                                    std::to_string(broken) + " broken connections of others, " +
                                    std::to_string(deaths) + " deaths");
  all &=
      hold(wait_until(is_counted), std::to_string(figures.lost()) + " requests lost, as counted");
  all &= hold(seen.broken_at_rest == 0,
              std::to_string(seen.broken_at_rest) + " connections broken at rest");
  all &= hold(seen.told_to_close == 0,
              std::to_string(seen.told_to_close) + " clients were told to close");
  all &= hold(seen.moves > 0, std::to_string(figures.moved()) + " connections have moved, " +
                                  std::to_string(seen.moves) + " before the next answer");
  return all;
}

int run(std::chrono::seconds duration, std::uint32_t seed) {
  std::printf("chaos: %ld s, seed %u\n", static_cast<long>(duration.count()), seed);
  std::mt19937 random(seed);
  ServerProcess server({.workers = kWorkers,
                        .arguments = {"--hang-after=300ms", "--kill-after=600ms",
                                      "--drain-timeout=2s", "--faults=on",
                                      // Half requests wait for the next round, the last for calm.
                                      "--head-timeout=2m", "--body-timeout=2m"}});
  const std::size_t descriptors_before = open_descriptors(server.pid());
  const Figures figures(server);
  Crowd crowd(server, kHabits, 1ms);
  Culprits culprits;
  for (const auto end = Clock::now() + duration; Clock::now() < end;) {
    fire(server, random, culprits);
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 900));
    crowd.call_on_all();
  }
  server.control({{"cmd", "scale"}, {"workers", kWorkers}});

  bool all = hold(wait_until([&] { return is_calm(server); }, 60s), "all workers are back");
  all &= hold(crowd.everybody_is_answered(), "everybody is answered");
  const Seen seen = crowd.seen();
  all &= only_losses_are_counted_ones(server, figures, seen, culprits);
  for (const std::string& what : seen.wrong) std::printf("  %s\n", what.c_str());
  all &= hold(seen.wrong.empty(), "every answer is what was asked for");
  crowd.go_home();
  const std::string wrong = audit(crowd.seen(), forkscope::support::titles(server));
  all &= hold(wrong.empty(), std::to_string(seen.acknowledged.size()) +
                                 " acknowledged todos are there once; " + wrong);
  // Those of connections that are on their way from one worker to another are in its hands.
  std::size_t descriptors = 0;
  const bool all_arrived = wait_until(
      [&] {
        descriptors = open_descriptors(server.pid());
        return descriptors <= descriptors_before + 1;
      },
      30s);
  all &= hold(all_arrived, "descriptors of the primary: " + std::to_string(descriptors_before) +
                               " before, " + std::to_string(descriptors) + " after");
  server.signal(SIGTERM);
  const pid_t group = server.pid();
  all &= hold(server.wait_for_exit(10s) == 0, "stopped cleanly");
  all &= hold(::kill(-group, 0) != 0, "no process is left over");
  if (!all) std::printf("\nThe server's log:\n%s", server.log().c_str());
  return all ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: chaos SECONDS SEED\n");
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    return run(std::chrono::seconds(std::atol(argv[1])),
               static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chaos: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
