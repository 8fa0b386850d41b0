// The response cache: gives back what it was given, never for another request, another version of
// the content or with an old date, and never more than it may hold.
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

  ResponseCache cache_;
};

TEST_F(ResponseCacheTest, GivesBackWhatItWasGivenWithTheDateOfNow) {
  cache_.store(get("/a"), response(kEarlier, "A"), kEarlier);
  EXPECT_EQ(found(get("/a")), "before" + response(kEarlier, "A"));
  EXPECT_EQ(found(get("/a"), kLater), "before" + response(kLater, "A"));
}

TEST_F(ResponseCacheTest, KnowsTargetsAndOriginsApart) {
  cache_.store(get("/a", "one"), response(kEarlier, "A"), kEarlier);
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

TEST_F(ResponseCacheTest, ForgetsWhatWasTrueOfOtherContent) {
  cache_.renew(1);
  cache_.store(get("/a"), response(kEarlier, "old"), kEarlier);
  cache_.renew(2);
  EXPECT_EQ(found(get("/a")), "nothing");
  cache_.store(get("/a"), response(kEarlier, "new"), kEarlier);
  EXPECT_EQ(found(get("/a")), "before" + response(kEarlier, "new"));
}

TEST_F(ResponseCacheTest, KeepsWhatIsUsedWhenItIsFull) {
  const std::string body(ResponseCache::kMaxResponseBytes / 2, 'x');
  cache_.store(get("/used"), response(kEarlier, "U"), kEarlier);
  cache_.store(get("/unused"), response(kEarlier, "V"), kEarlier);
  const std::size_t plenty = 4 * ResponseCache::kGenerationBytes / body.size();
  for (std::size_t i = 0; i < plenty; ++i) {
    cache_.store(get("/" + std::to_string(i)), response(kEarlier, body), kEarlier);
    ASSERT_NE(found(get("/used")), "nothing") << i;
  }
  EXPECT_EQ(found(get("/unused")), "nothing");
  EXPECT_EQ(found(get("/0")), "nothing");
}

TEST_F(ResponseCacheTest, DoesNotKeepWhatIsTooLongOrHasNoDate) {
  const std::string body(ResponseCache::kMaxResponseBytes, 'x');
  cache_.store(get("/long"), response(kEarlier, body), kEarlier);
  EXPECT_EQ(found(get("/long")), "nothing");
  cache_.store(get("/dateless"), "HTTP/1.1 200 OK\r\n\r\n", kEarlier);
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
