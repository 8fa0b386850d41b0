// The figures of a real server, against what its clients counted and what was done to it.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "forkscope/telemetry/clock.h"
#include "session/session.h"
#include "support/server_process.h"
#include "support/wait_until.h"
#include "words/rates.h"

namespace forkscope {
namespace {

using support::HttpConnection;
using support::wait_until;

using Counts = std::map<std::uint32_t, double>;  // by worker

/// What `clients` get, and from whom, of `rounds` requests each.
Counts answers_of(std::vector<HttpConnection>& clients, int rounds) {
  Counts counts;
  for (int round = 0; round < rounds; ++round) {
    for (HttpConnection& client : clients) {
      client.send_request("GET", "/livez");
      ++counts[static_cast<std::uint32_t>(std::stoul(client.read_response().header("x-worker")))];
    }
  }
  return counts;
}

Counts rates_of(const picture::Snapshot& picture) {
  Counts counts;
  for (const telemetry::WorkerReport& worker : picture.workers) {
    if (worker.requests_per_second > 0) counts[worker.number] = worker.requests_per_second;
  }
  return counts;
}

TEST(ServerRates, AreWhatItsClientsCountedWorkerByWorker) {
  const support::ServerProcess server({.workers = 3});
  session::SessionOptions options;
  options.socket = server.control_socket().string();
  session::Session session(options);
  const auto now = [&]() -> const picture::Snapshot& {
    session.poll();
    return session.history().latest();
  };
  // For more than a second there has been nothing: what is counted from here on is all there is.
  std::uint64_t quiet_ns = 0;
  ASSERT_TRUE(wait_until([&] {
    const picture::Snapshot& picture = now();
    const bool quiet = picture.workers.size() == 3 && rates_of(picture).empty();
    if (!quiet) quiet_ns = 0;
    if (quiet && quiet_ns == 0) quiet_ns = picture.time_ns;
    return quiet && picture.time_ns > quiet_ns + history::kRateNs + history::kBinNs;
  }));
  std::vector<HttpConnection> clients;
  for (int i = 0; i < 12; ++i) clients.emplace_back(server.port());
  Counts counted;
  // On a machine that is held up a burst may take longer than the second that is counted.
  const auto counts_alike = [&] {
    counted = answers_of(clients, 20);
    const auto second = std::chrono::milliseconds(1'500);
    if (wait_until([&] { return rates_of(now()) == counted; }, second)) return true;
    wait_until([&] { return rates_of(now()).empty(); });
    return false;
  };
  ASSERT_TRUE(wait_until(counts_alike, std::chrono::seconds(30)));
  const picture::Snapshot& picture = session.history().latest();
  EXPECT_EQ(picture.totals.requests_per_second, 240);
  EXPECT_EQ(words::Rates(picture.workers).whole_text(), "240");
}

TEST(ServerCores, AWorkerThatSpinsIsOurPartOfACore) {
  const support::ServerProcess server(
      {.workers = 2, .arguments = {"--faults=on", "--kill-after=60s"}});
  session::SessionOptions options;
  options.socket = server.control_socket().string();
  session::Session session(options);
  const HttpConnection hangs = server.start_request("/v1/faults/hang?mode=spin");
  // Others may want the machine, too: so much is more than any worker takes at rest.
  EXPECT_TRUE(wait_until([&] {
    session.poll();
    double own = 0;
    for (const picture::CoreSample& core : session.history().latest().cores) {
      EXPECT_LE(core.own.value_or(0), core.utilisation);
      own += core.own.value_or(0);
    }
    return own > 0.2;
  }));
}

}  // namespace
}  // namespace forkscope
