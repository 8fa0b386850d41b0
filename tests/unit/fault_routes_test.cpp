// Hangs and crashes on purpose are real ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "api_fixture.h"

namespace forkscope::api {
namespace {

using FaultRoutesTest = ApiFixture;

class FaultRoutesDeathTest : public ApiFixture {
 protected:
  /// The process that dies has made a directory of its own, which nobody else would remove.
  void get_and_die(const std::string& target) {
    std::filesystem::remove_all(directory_);
    get(target);
  }
};

TEST_F(FaultRoutesTest, WorksAndSleepsForAsLongAsAsked) {
  for (const char* fault : {"work", "slow"}) {
    const std::string path = std::string("/v1/faults/") + fault;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(get(path + "?ms=30").status, 200);
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(30));
    for (const char* ms : {"-1", "x", "60001", "1.5"}) {
      EXPECT_EQ(send("POST", path + "?ms=" + ms).status, 400) << fault << ms;
    }
  }
  EXPECT_EQ(get("/v1/faults/hang?mode=quietly").status, 400);
  EXPECT_EQ(get("/v1/faults/crash?how=softly").status, 400);
}

TEST_F(FaultRoutesTest, ThrowsOutOfTheHandlerWhenAsked) {
  bool thrown = false;
  server_->set_exception_handler(
      [&](const httplib::Request&, httplib::Response& res, std::exception_ptr) {
        thrown = true;
        res.status = 500;
      });
  const Answer answer = get("/v1/faults/crash?how=throw");
  EXPECT_TRUE(thrown);
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
}

/// `headers` of a request to todos.test:8000, on which the death of this process would follow.
using Headers = httplib::Headers;

TEST_F(FaultRoutesTest, FiresNothingThatABrowserHasOnlyGuessed) {
  for (const Headers& headers :
       std::vector<Headers>{{{"Sec-Purpose", "prefetch;prerender"}, {"Sec-Fetch-Site", "none"}},
                            {{"Sec-Purpose", "prefetch"}},
                            {{"Sec-Purpose", "Prefetch;anonymous-client-ip"}},
                            {{"Purpose", "prefetch"}},
                            {{"Purpose", "preview"}},
                            {{"X-Purpose", "preview"}},
                            {{"X-Moz", "prefetch"}}}) {
    for (const char* fault : {"hang", "crash", "work?ms=1", "slow?ms=1"}) {
      const Answer answer = get(std::string("/v1/faults/") + fault, headers);
      EXPECT_EQ(answer.status, 403) << fault;
      EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
      EXPECT_EQ(answer.header("Cache-Control"), "no-store") << "it may be wanted later";
    }
  }
}

TEST_F(FaultRoutesTest, FiresNothingForPagesOfOtherSites) {
  for (const Headers& headers : std::vector<Headers>{
           {{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "no-cors"}},
           {{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}},
           {{"Sec-Fetch-Site", "same-site"}},  // another port, or a neighbour
           {{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://todos.test:8000"}},
           {{"Origin", "https://evil.example"}},
           {{"Origin", "http://todos.test"}},
           {{"Origin", "null"}},
           {{"Referer", "https://evil.example/todos.test:8000/"}}}) {
    EXPECT_EQ(get("/v1/faults/crash", headers).status, 403);
    EXPECT_EQ(send("POST", "/v1/faults/crash", "", headers).status, 403);
  }
  EXPECT_EQ(send("HEAD", "/v1/faults/crash").status, 403);
}

TEST_F(FaultRoutesTest, FiresWhatAPersonOrAProgramAskedFor) {
  for (const Headers& headers :
       std::vector<Headers>{{},
                            {{"Sec-Fetch-Site", "none"}, {"Sec-Fetch-User", "?1"}},
                            {{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Mode", "cors"}},
                            {{"Origin", "http://Todos.test:8000"}},
                            {{"Referer", "http://todos.test:8000/"}},
                            {{"Purpose", "teaching"}}}) {
    EXPECT_EQ(get("/v1/faults/work?ms=0", headers).status, 200);
    EXPECT_EQ(send("POST", "/v1/faults/work?ms=0", "", headers).status, 200);
  }
}

TEST_F(FaultRoutesTest, HasNoFaultsWhenTheyAreOff) {
  start(false);
  for (const char* fault : {"hang", "crash", "work", "slow"}) {
    EXPECT_EQ(send("POST", std::string("/v1/faults/") + fault).status, 404) << fault;
  }
}

TEST_F(FaultRoutesDeathTest, CrashesInTheWayAskedFor) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(get_and_die("/v1/faults/crash?how=segv"), ::testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(get_and_die("/v1/faults/crash?how=abort"), ::testing::KilledBySignal(SIGABRT), "");
  EXPECT_EXIT(get_and_die("/v1/faults/crash?how=exit"), ::testing::ExitedWithCode(70), "");
}

TEST_F(FaultRoutesDeathTest, HangsInTheWayAskedFor) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // ITIMER_VIRTUAL counts user CPU time: only a process that spins is ever killed by it.
  const auto hang = [this](const std::string& mode, __itimer_which_t clock) {
    ::alarm(10);
    const itimerval limit{{0, 0}, {0, 50'000}};
    ::setitimer(clock, &limit, nullptr);
    get_and_die("/v1/faults/hang?mode=" + mode);
  };
  EXPECT_EXIT(hang("spin", ITIMER_VIRTUAL), ::testing::KilledBySignal(SIGVTALRM), "");
  EXPECT_EXIT(hang("sleep", ITIMER_REAL), ::testing::KilledBySignal(SIGALRM), "");
}

}  // namespace
}  // namespace forkscope::api
