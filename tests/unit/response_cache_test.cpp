// The response cache: gives back what it was given, never for another request, another version of
// the content or with an old date, and never more than it may hold. What is asked for once does not
// get in.
#include "gateway/response_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace forkscope::gateway {
namespace {

constexpr const char* kEarlier = "Mon, 23 Nov 2026 08:49:37 GMT";
constexpr const char* kLater = "Tue, 24 Nov 2026 09:50:38 GMT";

class ResponseCacheTest : public ::testing::Test {
 protected:
  static http::FramedRequest get(std::string_view target, std::string_view host = "localhost") {
    http::FramedRequest request;
    request.method = "GET";
    request.target = target;
    request.host = host;
    return request;
  }
  static std::string response(const std::string& date, const std::string& body) {
    return "HTTP/1.1 200 OK\r\nDate: " + date +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  std::string found(const http::FramedRequest& request, const std::string& date = kEarlier) {
    std::string output = "before";
    return cache_.append_to(output, request, date) ? output : "nothing";
  }

  /// As when a request comes that the cache does not know.
  void ask_once(const http::FramedRequest& request, const std::string& response) {
    ASSERT_EQ(found(request), "nothing");
    cache_.store(response, kEarlier);
  }
  void ask_twice(const http::FramedRequest& request, const std::string& response) {
    ask_once(request, response);
    ask_once(request, response);
  }

  ResponseCache cache_;
};

TEST_F(ResponseCacheTest, GivesBackWhatItWasGivenWithTheDateOfNow) {
  ask_twice(get("/a"), response(kEarlier, "A"));
  EXPECT_EQ(found(get("/a")), "before" + response(kEarlier, "A"));
  EXPECT_EQ(found(get("/a"), kLater), "before" + response(kLater, "A"));
}

TEST_F(ResponseCacheTest, KnowsTargetsAndOriginsApart) {
  ask_twice(get("/a", "one"), response(kEarlier, "A"));
  EXPECT_EQ(found(get("/b", "one")), "nothing");
  EXPECT_EQ(found(get("/a", "two")), "nothing");
  EXPECT_EQ(found(get("/a?", "one")), "nothing");
  http::FramedRequest proxied = get("/a", "one");
  proxied.scheme = "https";
  EXPECT_EQ(found(proxied), "nothing");
  proxied.scheme = "http";
  proxied.prefix = "/b";
  EXPECT_EQ(found(proxied), "nothing");
}

TEST_F(ResponseCacheTest, KeepsWhatIsAskedForTwice) {
  ask_once(get("/a"), response(kEarlier, "A"));
  EXPECT_EQ(found(get("/a")), "nothing");
  ask_once(get("/a"), response(kEarlier, "A"));
  EXPECT_EQ(found(get("/a")), "before" + response(kEarlier, "A"));
}

TEST_F(ResponseCacheTest, LetsNobodyPushOthersOutWhoNeverAsksForTheSameTwice) {
  ask_twice(get("/rarely"), response(kEarlier, "R"));
  const std::string body(1024, 'x');
  const std::size_t plenty = 4 * ResponseCache::kGenerationBytes / body.size();
  for (std::size_t i = 0; i < plenty; ++i) {
    ask_once(get("/" + std::to_string(i)), response(kEarlier, body));
  }
  EXPECT_EQ(found(get("/rarely")), "before" + response(kEarlier, "R"));
}

TEST_F(ResponseCacheTest, AdmitsSomethingNewInTheMidstOfAFlood) {
  std::size_t asked = 0;
  const auto flood = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      ask_once(get("/flood?" + std::to_string(asked++)), response(kEarlier, "x"));
    }
  };
  flood(Doorkeeper::kPlaces);
  ask_once(get("/new"), response(kEarlier, "N"));
  flood(Doorkeeper::kPlaces / 100);
  ask_once(get("/new"), response(kEarlier, "N"));
  EXPECT_EQ(found(get("/new")), "before" + response(kEarlier, "N"));
}

TEST_F(ResponseCacheTest, HasAPlaceForTheNewAnswerToWhatItKnows) {
  ask_twice(get("/a"), response(kEarlier, "old"));
  for (std::uint64_t version = 1; version < 100; ++version) {
    cache_.renew(version);
    const std::string now = response(kEarlier, std::to_string(version));
    ask_once(get("/a"), now);
    // In between others ask for so much that nobody remembers a single question.
    for (std::size_t i = 0; i < Doorkeeper::kPlaces / 10; ++i) {
      ask_once(get("/" + std::to_string(version) + "/" + std::to_string(i)), "");
    }
    ASSERT_EQ(found(get("/a")), "before" + now);
  }
}

TEST_F(ResponseCacheTest, ForgetsWhatWasTrueOfOtherContent) {
  cache_.renew(1);
  ask_twice(get("/a"), response(kEarlier, "old"));
  cache_.renew(2);
  EXPECT_EQ(found(get("/a")), "nothing");
  ask_once(get("/a"), response(kEarlier, "new"));
  EXPECT_EQ(found(get("/a")), "before" + response(kEarlier, "new"));
}

TEST_F(ResponseCacheTest, KeepsWhatIsUsedWhenItIsFull) {
  const std::string body(ResponseCache::kMaxResponseBytes / 2, 'x');
  ask_twice(get("/used"), response(kEarlier, "U"));
  ask_twice(get("/unused"), response(kEarlier, "V"));
  const std::size_t plenty = 4 * ResponseCache::kGenerationBytes / body.size();
  for (std::size_t i = 0; i < plenty; ++i) {
    ask_twice(get("/" + std::to_string(i)), response(kEarlier, body));
    ASSERT_NE(found(get("/used")), "nothing") << i;
  }
  EXPECT_EQ(found(get("/unused")), "nothing");
  EXPECT_EQ(found(get("/0")), "nothing");
}

TEST_F(ResponseCacheTest, DoesNotKeepWhatIsTooLongOrHasNoDate) {
  const std::string body(ResponseCache::kMaxResponseBytes, 'x');
  ask_twice(get("/long"), response(kEarlier, body));
  EXPECT_EQ(found(get("/long")), "nothing");
  ask_twice(get("/dateless"), "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(found(get("/dateless")), "nothing");
}

TEST_F(ResponseCacheTest, SuitsPlainGetsOnly) {
  http::FramedRequest request = get("/a");
  EXPECT_TRUE(ResponseCache::suits(request));
  request.fields = {{"Accept", "*/*"}};
  EXPECT_TRUE(ResponseCache::suits(request));
  request.minor_version = 0;
  request.keep_alive = false;  // what is said of the connection is added to the answer
  EXPECT_TRUE(ResponseCache::suits(request));
  request.fields = {{"if-none-match", "\"x\""}};
  EXPECT_FALSE(ResponseCache::suits(request));
  request = get("/a");
  request.method = "HEAD";
  EXPECT_FALSE(ResponseCache::suits(request));
  request = get("/a");
  request.body = "x";
  EXPECT_FALSE(ResponseCache::suits(request));
}

}  // namespace
}  // namespace forkscope::gateway
