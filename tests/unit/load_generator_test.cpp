#include "load/load_generator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "load/clients_saw.h"
#include "load/latency_window.h"
#include "load/response_framer.h"
#include "scripted_http_server.h"
#include "support/wait_until.h"

namespace forkscope::load {
namespace {

using support::wait_until;
using test::ScriptedHttpServer;
using Result = ResponseFramer::Result;

LoadOptions towards(const ScriptedHttpServer& server, std::uint32_t connections) {
  LoadOptions options;
  options.port = server.port();
  options.connections = connections;
  options.post_share = 0;
  return options;
}

/// Of all that can go wrong, this alone did.
void expect_wrong(const LoadStatus& expected, const LoadStatus& seen) {
  EXPECT_EQ(seen.broken, expected.broken);
  EXPECT_EQ(seen.failed, expected.failed);
  EXPECT_EQ(seen.ended, expected.ended);
  EXPECT_EQ(seen.refused, expected.refused);
}

TEST(LoadGenerator, KeepsItsConnectionsAndCountsAnswers) {
  ScriptedHttpServer server([](const std::string&) { return ScriptedHttpServer::kOk; });
  LoadGenerator generator;
  generator.start(towards(server, 3));
  EXPECT_TRUE(wait_until([&] { return generator.status().answered > 100; }));
  EXPECT_TRUE(generator.status().running);
  EXPECT_LE(generator.status().waiting, 3U);
  generator.stop();
  EXPECT_FALSE(generator.status().running);
  expect_wrong({}, generator.status());
  EXPECT_EQ(server.accepted(), 3);
}

TEST(LoadGenerator, PostsItsShareAsValidRequests) {
  std::atomic<int> gets{0};
  std::atomic<int> posts{0};
  std::atomic<int> others{0};
  ScriptedHttpServer server([&](const std::string& request) {
    if (request.starts_with("GET /v1/todos HTTP/1.1\r\nHost: 127.0.0.1:")) {
      ++gets;
    } else if (request.starts_with("POST /v1/todos HTTP/1.1\r\nHost: 127.0.0.1:") &&
               request.ends_with("\r\n\r\n{\"title\":\"sent by the load generator\"}")) {
      ++posts;
    } else {
      ++others;
    }
    return ScriptedHttpServer::kOk;
  });
  LoadGenerator generator;
  LoadOptions options = towards(server, 2);
  options.post_share = 0.25;
  generator.start(options);
  EXPECT_TRUE(wait_until([&] { return generator.status().answered >= 100; }));
  generator.stop();
  EXPECT_EQ(others, 0);
  EXPECT_NEAR(static_cast<double>(posts) / (gets + posts), 0.25, 0.02);
}

TEST(LoadGenerator, AsksForItsTargetAndKeepsTheStatusThatItFailedWith) {
  std::atomic<int> others{0};
  ScriptedHttpServer server([&](const std::string& request) {
    if (!request.starts_with("POST /votes HTTP/1.1\r\nHost: 127.0.0.1:") ||
        !request.ends_with("\r\nContent-Length: 0\r\n\r\n")) {
      ++others;
    }
    return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  });
  LoadGenerator generator;
  LoadOptions options = towards(server, 2);
  options.target = {"POST", "/votes"};
  generator.start(options);
  EXPECT_TRUE(wait_until([&] { return generator.status().answered >= 100; }));
  generator.stop();
  EXPECT_EQ(others, 0);
  EXPECT_EQ(generator.status().failed, generator.status().answered);
  EXPECT_EQ(generator.status().failed_status, 404U);
  options.target = {};
  generator.start(options);
  EXPECT_TRUE(wait_until([&] { return others > 0; }));
}

TEST(LoadGenerator, SendsItsShareOfLongRequests) {
  std::atomic<int> longs{0};
  std::atomic<int> all{0};
  ScriptedHttpServer server([&](const std::string& request) {
    ++all;
    if (request.starts_with("GET /v1/faults/work?ms=20 HTTP/1.1\r\n")) ++longs;
    return ScriptedHttpServer::kOk;
  });
  LoadGenerator generator;
  LoadOptions options = towards(server, 2);
  options.long_share = 0.3;
  generator.start(options);
  EXPECT_TRUE(wait_until([&] { return generator.status().answered >= 1'000; }));
  generator.stop();
  EXPECT_NEAR(static_cast<double>(longs) / all, 0.3, 0.06);
}

TEST(LoadGenerator, OpensAConnectionForEachFreshRequest) {
  for (const double rate : {0.0, 500.0}) {
    std::atomic<int> others{0};
    ScriptedHttpServer server([&](const std::string& request) {
      if (request.find("\r\nConnection: close\r\n") == std::string::npos) ++others;
      return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    });
    LoadGenerator generator;
    LoadOptions options = towards(server, 4);
    options.fresh = true;
    options.requests_per_second = rate;
    generator.start(options);
    EXPECT_TRUE(wait_until([&] { return generator.status().answered >= 100; }));
    generator.stop();
    const LoadStatus status = generator.status();
    expect_wrong({}, status);
    const auto accepted = static_cast<std::uint64_t>(server.accepted());
    EXPECT_GE(accepted, status.answered);
    EXPECT_LE(accepted, status.sent);
    EXPECT_EQ(others, 0);
  }
}

TEST(LoadGenerator, TellsWhoHasAnsweredInAllAndHowLongThatTook) {
  std::atomic<int> count{0};
  ScriptedHttpServer server([&](const std::string&) {
    return std::string("HTTP/1.1 200 OK\r\nX-Worker: ") + (++count % 4 == 0 ? "7" : "2") +
           "\r\nContent-Length: 0\r\n\r\n";
  });
  LoadGenerator generator;
  generator.start(towards(server, 1));
  EXPECT_TRUE(wait_until([&] { return generator.status().answered >= 400; }));
  generator.stop();
  const LoadStatus status = generator.status();
  ASSERT_EQ(status.whole.by_worker.size(), 8U);
  EXPECT_EQ(status.whole.by_worker[2] + status.whole.by_worker[7], status.answered);
  EXPECT_EQ(status.whole.by_worker[7], status.answered / 4);
  EXPECT_GT(status.whole.p50_ns, 0U);
  EXPECT_LE(status.whole.p50_ns, status.whole.p99_ns);
  EXPECT_LE(status.whole.p99_ns, status.whole.longest_ns);
}

TEST(LoadGenerator, HoldsTheRate) {
  ScriptedHttpServer server([](const std::string&) { return ScriptedHttpServer::kOk; });
  LoadGenerator generator;
  LoadOptions options = towards(server, 8);
  options.requests_per_second = 200;
  const auto start = std::chrono::steady_clock::now();
  generator.start(options);
  EXPECT_TRUE(wait_until([&] { return generator.status().answered >= 200; }));
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  EXPECT_GT(elapsed.count(), 0.95);
  EXPECT_NEAR(generator.status().requests_per_second, 200, 40);
}

TEST(LoadGenerator, OneRequestThatHangsDoesNotHoldUpTheOthers) {
  std::atomic<bool> first{true};
  ScriptedHttpServer server([&](const std::string&) {
    return first.exchange(false) ? ScriptedHttpServer::kNoAnswer : ScriptedHttpServer::kOk;
  });
  LoadGenerator generator;
  generator.start(towards(server, 2));
  EXPECT_TRUE(wait_until([&] { return generator.status().answered > 50; }));
  EXPECT_GE(generator.status().waiting, 1U);
  expect_wrong({}, generator.status());
}

TEST(LoadGenerator, AStallShowsAsAQueue) {
  ScriptedHttpServer server([](const std::string&) { return ScriptedHttpServer::kNoAnswer; });
  LoadGenerator generator;
  LoadOptions options = towards(server, 2);
  options.requests_per_second = 500;
  generator.start(options);
  EXPECT_TRUE(wait_until([&] { return generator.status().waiting > 50; }));
  EXPECT_EQ(generator.status().sent, 2U);
}

TEST(LoadGenerator, CountsLatencyFromWhenARequestWasDueAndNotFromWhenItCouldBeSent) {
  // One connection, and a stall at the first request: all that fall due meanwhile wait behind it.
  // Measured from the sending, only that one would have been slow.
  constexpr std::chrono::milliseconds kStall{400};
  std::atomic<bool> first{true};
  ScriptedHttpServer server([&](const std::string&) {
    if (first.exchange(false)) std::this_thread::sleep_for(kStall);
    return ScriptedHttpServer::kOk;
  });
  LoadGenerator generator;
  LoadOptions options = towards(server, 1);
  options.requests_per_second = 200;
  generator.start(options);
  EXPECT_TRUE(wait_until([&] { return generator.status().oldest_wait_ns > 100'000'000; }));
  EXPECT_TRUE(wait_until([&] { return generator.status().max_ns != 0; }));
  const LoadStatus status = generator.status();
  EXPECT_GE(status.max_ns, 390'000'000U);
  EXPECT_GE(status.p50_ns, 20'000'000U);
  EXPECT_GE(status.p99_ns, status.p50_ns);
  EXPECT_LE(status.p99_ns, status.max_ns);
}

TEST(LatencyWindow, HoldsTheLatestPeriodsOnly) {
  LatencyWindow window;
  EXPECT_EQ(window.quantile_ns(0.5), 0U);
  for (int i = 0; i < 99; ++i) window.add(1'000'000);
  window.add(1'000'000'000);
  EXPECT_NEAR(static_cast<double>(window.quantile_ns(0.5)), 1e6, 0.07e6);
  EXPECT_NEAR(static_cast<double>(window.quantile_ns(1)), 1e9, 0.07e9);
  EXPECT_EQ(window.max_ns(), 1'000'000'000U);
  window.end_period();
  EXPECT_EQ(window.max_ns(), 1'000'000'000U);
  for (int i = 0; i < 50; ++i) {
    window.add(2'000'000);
    window.end_period();
  }
  EXPECT_EQ(window.max_ns(), 2'000'000U);
  EXPECT_NEAR(static_cast<double>(window.quantile_ns(0)), 2e6, 0.14e6);
}

TEST(LoadGenerator, AConnectionThatEndsInsteadOfAnAnswerIsBrokenAndOpenedAgain) {
  for (const std::string& end : {std::string(), ScriptedHttpServer::kReset}) {
    std::atomic<int> requests{0};
    std::atomic<std::uint64_t> ends{0};
    ScriptedHttpServer server([&](const std::string&) {
      if (++requests % 10 != 0) return ScriptedHttpServer::kOk;
      ++ends;
      return end;
    });
    LoadGenerator generator;
    generator.start(towards(server, 1));
    EXPECT_TRUE(wait_until([&] { return generator.status().answered >= 40; }));
    // While the one that has broken waits to be opened again, nothing can come on top of it.
    EXPECT_TRUE(wait_until([&] { return generator.status().broken == ends && ends >= 4; }));
    generator.stop();
    expect_wrong({.broken = generator.status().broken}, generator.status());
    EXPECT_GE(server.accepted(), 5);
  }
}

TEST(LoadGenerator, CountsEachConnectionThatBreaksWithARequestOutstanding) {
  ScriptedHttpServer server([](const std::string&) { return ScriptedHttpServer::kNoAnswer; });
  LoadGenerator generator;
  generator.start(towards(server, 8));
  ASSERT_TRUE(wait_until([&] { return generator.status().sent == 8 && server.accepted() == 8; }));
  server.close_all();
  EXPECT_TRUE(wait_until([&] { return generator.status().broken == 8; }));
  EXPECT_TRUE(wait_until([&] { return server.accepted() == 16; }));
  generator.stop();
  expect_wrong({.broken = 8}, generator.status());
  EXPECT_EQ(generator.status().answered, 0U);
}

TEST(LoadGenerator, AConnectionThatEndsAtRestIsNotBrokenAndIsOpenedAgain) {
  ScriptedHttpServer server([](const std::string&) { return ScriptedHttpServer::kOk; });
  LoadGenerator generator;
  LoadOptions options = towards(server, 8);
  options.requests_per_second = 0.001;  // nobody asks for anything
  generator.start(options);
  ASSERT_TRUE(wait_until([&] { return server.accepted() == 8; }));
  server.close_all();
  EXPECT_TRUE(wait_until([&] { return generator.status().ended == 8; }));
  EXPECT_TRUE(wait_until([&] { return server.accepted() == 16; }));
  generator.stop();
  expect_wrong({.ended = 8}, generator.status());
}

TEST(LoadGenerator, AnUnexpectedStatusIsAFailedRequestOnAConnectionThatGoesOn) {
  for (const char* status : {"503 Service Unavailable", "500 Oops", "404 Not Found", "302 Found"}) {
    ScriptedHttpServer server([status](const std::string&) {
      return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n\r\n";
    });
    LoadGenerator generator;
    generator.start(towards(server, 1));
    EXPECT_TRUE(wait_until([&] { return generator.status().failed >= 10; })) << status;
    generator.stop();
    expect_wrong({.failed = generator.status().answered}, generator.status());
    EXPECT_EQ(server.accepted(), 1);
  }
}

TEST(LoadGenerator, AnAnswerThatIsNoneIsAFailedRequest) {
  std::atomic<std::uint64_t> requests{0};
  ScriptedHttpServer server([&](const std::string&) {
    return ++requests % 2 == 0 ? "SSH-2.0-OpenSSH\r\n\r\n" : ScriptedHttpServer::kOk;
  });
  LoadGenerator generator;
  generator.start(towards(server, 1));
  EXPECT_TRUE(wait_until([&] { return generator.status().failed >= 3; }));
  generator.stop();
  expect_wrong({.failed = requests / 2}, generator.status());
}

TEST(LoadGenerator, AConnectionThatTheServerClosesAfterItsAnswerIsNoError) {
  std::atomic<std::uint64_t> requests{0};
  ScriptedHttpServer server([&](const std::string&) {
    ++requests;
    return "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
  });
  LoadGenerator generator;
  generator.start(towards(server, 2));
  EXPECT_TRUE(wait_until([&] { return generator.status().answered >= 20; }));
  generator.stop();
  expect_wrong({.ended = generator.status().answered}, generator.status());
}

TEST(LoadGenerator, SaysWhatItsClientsSaw) {
  EXPECT_EQ(clients_saw({}), "clients saw: 0 broken, 0 failed");
  EXPECT_EQ(clients_saw({.broken = 16, .failed = 1'234}), "clients saw: 16 broken, 1,234 failed");
  EXPECT_EQ(clients_saw({.failed = 3, .failed_status = 404}),
            "clients saw: 0 broken, 3 failed (status 404)");
  EXPECT_EQ(clients_saw({.ended = 48, .refused = 2}),
            "clients saw: 0 broken, 0 failed, 48 closed at rest, 2 refused");
}

TEST(LoadGenerator, WaitsForAServerThatIsNotThereWithoutBurningTheCpu) {
  std::uint16_t port = 0;
  {
    const ScriptedHttpServer gone([](const std::string&) { return std::string(); });
    port = gone.port();
  }
  LoadOptions options;
  options.port = port;
  options.connections = 16;
  timespec before{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  const auto start = std::chrono::steady_clock::now();
  LoadGenerator generator;
  generator.start(options);
  EXPECT_TRUE(wait_until([&] { return generator.status().refused >= 64; }));
  generator.stop();
  timespec after{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  const double used_s = static_cast<double>(after.tv_sec - before.tv_sec) +
                        static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e9;
  EXPECT_LT(used_s, 0.2);
  // Four attempts per connection, with waits of 20, 40 and 80 ms between them.
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(140));
  EXPECT_EQ(generator.status().answered, 0U);
}

TEST(LoadGenerator, StopsAtOnceWhateverItWaitsFor) {
  ScriptedHttpServer server([](const std::string&) { return ScriptedHttpServer::kNoAnswer; });
  LoadGenerator generator;
  generator.start(towards(server, 4));
  EXPECT_TRUE(wait_until([&] { return generator.status().waiting == 4; }));
  const auto start = std::chrono::steady_clock::now();
  generator.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(generator.status().waiting, 0U);
}

TEST(ResponseFramer, FindsTheEndHoweverTheBytesArrive) {
  const std::string response = "HTTP/1.1 200 OK\r\ncontent-LENGTH:  5 \r\nX-Worker: 1\r\n\r\nhello";
  const std::string two = response + response;
  for (std::size_t piece = 1; piece <= two.size(); ++piece) {
    ResponseFramer framer;
    int complete = 0;
    for (std::size_t at = 0; at < two.size(); at += piece) {
      std::string_view bytes = std::string_view(two).substr(at, piece);
      while (!bytes.empty()) {
        const Result result = framer.take(bytes);
        ASSERT_NE(result, Result::malformed);
        if (result == Result::complete) ++complete;
      }
    }
    EXPECT_EQ(complete, 2) << "pieces of " << piece;
    EXPECT_EQ(framer.status(), 200U);
    EXPECT_TRUE(framer.keep_alive());
  }
}

TEST(ResponseFramer, AnAnswerWithoutContentHasNoBody) {
  for (const char* head : {"HTTP/1.1 204 No Content\r\n\r\n",
                           "HTTP/1.1 304 Not Modified\r\nContent-Length: 70\r\n\r\n"}) {
    ResponseFramer framer;
    std::string_view bytes = head;
    EXPECT_EQ(framer.take(bytes), Result::complete) << head;
    EXPECT_TRUE(bytes.empty());
  }
}

TEST(ResponseFramer, RefusesWhatItDoesNotUnderstand) {
  for (const char* head :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    ResponseFramer framer;
    std::string_view bytes = head;
    EXPECT_EQ(framer.take(bytes), Result::malformed) << head;
  }
  ResponseFramer framer;
  const std::string endless(20'000, 'x');
  std::string_view bytes = endless;
  EXPECT_EQ(framer.take(bytes), Result::malformed);
}

}  // namespace
}  // namespace forkscope::load
