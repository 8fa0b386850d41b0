// Names that take their time: where the resolver waits for a server that does not answer, neither
// a frame nor the end of the load does.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string_view>

#include "live/control_client.h"
#include "load/load_generator.h"
#include "scripted_http_server.h"
#include "support/wait_until.h"

namespace {

/// Stands in for a name server: "slow.test" is known when release() was called, and not before.
class NameServer {
 public:
  void release() { set(true); }
  void hold() { set(false); }
  /// Called by a thread that resolves the name.
  void wait() {
    std::unique_lock lock(mutex_);
    ++asked_;
    if (!changed_.wait_for(lock, std::chrono::seconds(5), [this] { return released_; })) {
      waited_for_ = true;
    }
  }
  int asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  /// Whether somebody has waited until it gave up.
  bool was_waited_for() const {
    const std::lock_guard lock(mutex_);
    return waited_for_;
  }

 private:
  void set(bool released) {
    {
      const std::lock_guard lock(mutex_);
      released_ = released;
      if (!released) waited_for_ = false;
    }
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  bool waited_for_ = false;
  int asked_ = 0;
};

NameServer& name_server() {
  static auto* const server = new NameServer;  // threads may ask to the very end
  return *server;
}

}  // namespace

/// Takes the place of the C library's (ld.so(8): the program comes first).
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const bool may_ask = hints == nullptr || (hints->ai_flags & AI_NUMERICHOST) == 0;
  if (may_ask && std::string_view(node) == "slow.test") {
    name_server().wait();
    return real("127.0.0.1", service, hints, result);
  }
  return may_ask && std::string_view(node) == "unknown.test" ? EAI_NONAME
                                                             : real(node, service, hints, result);
}

namespace forkscope {
namespace {

using support::wait_until;
using test::ScriptedHttpServer;
using testing::HasSubstr;

class SlowResolver : public ::testing::Test {
 protected:
  void SetUp() override { name_server().hold(); }
  void TearDown() override {
    name_server().release();
    EXPECT_FALSE(name_server().was_waited_for());
  }

  std::string answer(const std::string& request) {
    EXPECT_THAT(request, HasSubstr("\r\nHost: slow.test:" + std::to_string(server_.port())));
    return ScriptedHttpServer::kOk;
  }

  ScriptedHttpServer server_{[this](const std::string& request) { return answer(request); }};
};

TEST_F(SlowResolver, HoldsUpNoButton) {
  live::ControlClient client("slow.test", server_.port(), "");
  EXPECT_THAT(client.fire("/livez").message,
              HasSubstr("Not sent: the address of slow.test:" + std::to_string(server_.port()) +
                        " is still being looked up."));
  name_server().release();
  EXPECT_TRUE(wait_until([&] { return client.fire("/livez").ok; }));
  EXPECT_TRUE(wait_until([&] { return server_.accepted() == 1; }));
}

TEST_F(SlowResolver, HoldsUpNeitherTheEndOfTheLoadNorANewBeginning) {
  load::LoadOptions options;
  options.host = "slow.test";
  options.port = server_.port();
  options.connections = 1;
  options.post_share = 0;
  load::LoadGenerator generator;
  const int asked_before = name_server().asked();
  generator.start(options);
  ASSERT_TRUE(wait_until([&] { return name_server().asked() > asked_before; }));
  EXPECT_TRUE(generator.status().running);
  generator.stop();
  EXPECT_FALSE(generator.status().running);
  EXPECT_EQ(generator.status().refused, 0U);
  generator.start(options);
  name_server().release();
  EXPECT_TRUE(wait_until([&] { return generator.status().answered > 10; }));
  generator.stop();
  EXPECT_EQ(generator.status().refused, 0U);
}

TEST_F(SlowResolver, ANameThatNobodyKnowsIsSaidToBeNone) {
  live::ControlClient client("unknown.test", 8000, "");
  EXPECT_TRUE(wait_until([&] {
    return client.fire("/livez").message == "Not sent: the server's address is not understood.";
  }));
  load::LoadGenerator generator;
  load::LoadOptions options;
  options.host = "unknown.test";
  generator.start(options);
  EXPECT_TRUE(wait_until([&] { return !generator.status().running; }));
  EXPECT_EQ(generator.status().refused, 1U);
}

}  // namespace
}  // namespace forkscope
