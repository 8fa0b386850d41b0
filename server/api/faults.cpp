#include "api/faults.h"

#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>

#include "api/intent.h"
#include "api/query.h"
#include "api/resource.h"

namespace forkscope::api {
namespace {

constexpr std::int64_t kDefaultMs = 100;
constexpr Query::Range kMsRange{0, 60'000};

std::int64_t clock_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

[[noreturn]] void spin_for_ever() {
  // The counter is volatile, so that the loop has an effect and stays in the program.
  volatile std::uint64_t turns = 0;
  while (true) turns = turns + 1;
}

[[noreturn]] void sleep_for_ever() {
  while (true) ::pause();
}

/// The first page of a process is never mapped. Not instrumented, so that it ends with SIGSEGV in
/// a sanitized build as well.
__attribute__((no_sanitize("address", "undefined"))) void write_to_invalid_memory() {
  std::signal(SIGSEGV, SIG_DFL);
  volatile std::uintptr_t nowhere = 8;
  *reinterpret_cast<volatile int*>(nowhere) = 1;
}

void burn_cpu(std::int64_t ms) {
  const std::int64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ms * 1'000'000;
  while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end) {
  }
}

void sleep_ms(std::int64_t ms) {
  const std::int64_t end = clock_ns(CLOCK_MONOTONIC) + ms * 1'000'000;
  const timespec until{end / 1'000'000'000, end % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

void hang(const httplib::Request& req, httplib::Response& res) {
  Query query(req);
  const std::string mode = query.choice("mode", {"spin", "sleep"});
  if (query.answer_if_wrong(res)) return;
  if (mode == "spin") spin_for_ever();
  sleep_for_ever();
}

void crash(const httplib::Request& req, httplib::Response& res) {
  Query query(req);
  const std::string how = query.choice("how", {"segv", "abort", "throw", "exit"});
  if (query.answer_if_wrong(res)) return;
  if (how == "throw") throw std::runtime_error("thrown by /v1/faults/crash");
  if (how == "exit") ::_exit(EX_SOFTWARE);
  if (how == "segv") write_to_invalid_memory();
  std::abort();
}

void work(const httplib::Request& req, httplib::Response& res) {
  Query query(req);
  const std::int64_t ms = query.integer("ms", kDefaultMs, kMsRange);
  if (query.answer_if_wrong(res)) return;
  burn_cpu(ms);
  res.set_content("{\"worked_ms\":" + std::to_string(ms) + "}", "application/json");
}

void slow(const httplib::Request& req, httplib::Response& res) {
  Query query(req);
  const std::int64_t ms = query.integer("ms", kDefaultMs, kMsRange);
  if (query.answer_if_wrong(res)) return;
  sleep_ms(ms);
  res.set_content("{\"slept_ms\":" + std::to_string(ms) + "}", "application/json");
}

using Fault = void (*)(const httplib::Request&, httplib::Response&);

void add_fault(httplib::Server& server, const char* path, Fault fault) {
  const auto fire = [fault](const httplib::Request& req, httplib::Response& res) {
    res.set_header("Cache-Control", "no-store");
    if (answer_if_not_meant(req, res)) return;
    fault(req, res);
  };
  add_resource(server, path, {{Method::get, fire}, {Method::post, fire}});
}

}  // namespace

void add_fault_routes(httplib::Server& server) {
  add_fault(server, "/v1/faults/hang", hang);
  add_fault(server, "/v1/faults/crash", crash);
  add_fault(server, "/v1/faults/work", work);
  add_fault(server, "/v1/faults/slow", slow);
}

}  // namespace forkscope::api
