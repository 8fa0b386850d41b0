// What the framer lets through, what it makes of it, and what it tells the connection meanwhile.
#include "http/request_framer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/framing_transcript.h"

namespace forkscope::http {
namespace {

using Phase = RequestFramer::Phase;
using support::describe;
using support::transcribe;
using support::transcribe_whole;

const std::string kHost = "Host: a\r\n";
const std::string kChunkedPost = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string get(const std::string& target, const std::string& fields = kHost) {
  return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
}

/// A framer that has been given one whole request.
class Framed {
 public:
  explicit Framed(const std::string& bytes) : framer_(limits_) {
    EXPECT_EQ(framer_.consume(bytes), bytes.size());
    EXPECT_EQ(framer_.phase(), Phase::complete)
        << testing::PrintToString(bytes) << ' ' << framer_.error().detail;
  }
  const FramedRequest* operator->() const { return &framer_.request(); }

 private:
  Limits limits_;
  RequestFramer framer_;
};

TEST(RequestFramer, ReadsARequestLineAndItsFields) {
  const Framed request(
      "GET /v1/todos?limit=2 HTTP/1.1\r\nHost: localhost:8000\r\nAccept:*/*\r\n"
      "X-Empty:\r\nX-Padded: \t a b\t \r\nX-Name: J\xc3\xb6rg\r\n\r\n");
  EXPECT_EQ(request->method, "GET");
  EXPECT_EQ(request->target, "/v1/todos?limit=2");
  EXPECT_EQ(request->path, "/v1/todos");
  EXPECT_EQ(request->query, "limit=2");
  EXPECT_EQ(request->minor_version, 1);
  EXPECT_EQ(request->host, "localhost:8000");
  EXPECT_EQ(request->body, "");
  ASSERT_EQ(request->fields.size(), 5u);
  EXPECT_EQ(request->fields[0].name, "Host");
  EXPECT_EQ(request->fields[1].value, "*/*");
  EXPECT_EQ(request->fields[2].value, "");
  EXPECT_EQ(request->fields[3].value, "a b");
  EXPECT_EQ(request->fields[4].value, "J\xc3\xb6rg");
}

TEST(RequestFramer, KnowsSevenMethods) {
  for (const std::string method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(Framed(method + " / HTTP/1.1\r\nHost: a\r\n\r\n")->method, method);
  }
}

TEST(RequestFramer, SplitsTheTargetAtTheFirstQuestionMarkOnly) {
  const Framed request(get("/a?b?c=%3f&d[]=/%00"));
  EXPECT_EQ(request->path, "/a");
  EXPECT_EQ(request->query, "b?c=%3f&d[]=/%00");
  EXPECT_EQ(Framed(get("/a?"))->target, "/a?");
  EXPECT_EQ(Framed(get("/a?"))->query, "");
  EXPECT_EQ(Framed(get("//x/../y"))->path, "//x/../y");
}

TEST(RequestFramer, HasOneNormalFormForThePathAndLeavesTheTargetAsItIs) {
  EXPECT_EQ(Framed(get("/v1/%74odos?a=%74"))->path, "/v1/todos");
  EXPECT_EQ(Framed(get("/v1/%74odos?a=%74"))->target, "/v1/%74odos?a=%74");
  EXPECT_EQ(Framed(get("/v1/%74odos?a=%74"))->query, "a=%74");
  EXPECT_EQ(Framed(get("http://h/%7e"))->path, "/~");
  const std::pair<const char*, const char*> paths[] = {
      {"/caf%C3%a9%20%3f%23+", "/caf\xc3\xa9 ?#+"},  // what the router would see, and a plus
      {"/v1%2ftodos", "/v1%2Ftodos"},                // no separator
      {"/%2574odos%25", "/%2574odos%25"},            // decoded once, and not to be decoded again
      {"/%0a%1b[0m%7f", "/%0A%1B[0m%7F"},            // nothing for a log or a terminal
      {"/a/%2e%2E/b/./c//", "/a/../b/./c//"},        // another resource, or none
      {"/%ff", "/\xff"},
  };
  for (const auto& [sent, normal] : paths) EXPECT_EQ(Framed(get(sent))->path, normal) << sent;
}

TEST(RequestFramer, TurnsAnAbsoluteTargetIntoOriginFormAndLetsItsAuthorityWinOverHost) {
  const Framed request(get("HTTP://Example.org:8000/a?b", "X: y\r\nHost: other\r\n"));
  EXPECT_EQ(request->target, "/a?b");
  EXPECT_EQ(request->path, "/a");
  EXPECT_EQ(request->host, "Example.org:8000");
  EXPECT_EQ(request->fields[1].value, "Example.org:8000");

  EXPECT_EQ(Framed(get("http://h"))->target, "/");
  EXPECT_EQ(Framed(get("http://h?b=/c"))->target, "/?b=/c");
  EXPECT_EQ(Framed(get("http://h?b=/c"))->path, "/");
  EXPECT_EQ(Framed(get("http://h?b=/c"))->query, "b=/c");
  EXPECT_EQ(Framed("GET http://h/ HTTP/1.0\r\n\r\n")->host, "h");
}

TEST(RequestFramer, TakesTheAsteriskFormForOptions) {
  EXPECT_EQ(Framed("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")->path, "*");
  EXPECT_EQ(Framed("OPTIONS http://h HTTP/1.1\r\nHost: a\r\n\r\n")->target, "*");
  EXPECT_EQ(Framed("OPTIONS http://h/ HTTP/1.1\r\nHost: a\r\n\r\n")->target, "/");
  EXPECT_EQ(Framed("OPTIONS http://h?x HTTP/1.1\r\nHost: a\r\n\r\n")->target, "/?x");
}

TEST(RequestFramer, TakesEveryValidHost) {
  for (const char* host : {"a", "localhost:8000", "127.0.0.1", "a.b-c_d~e:", "[::1]", "[::1]:8000",
                           "[::ffff:1.2.3.4]:1", "%41", "a:65535", "a:00080"}) {
    EXPECT_EQ(Framed(get("/", std::string("hOST:") + host + "\r\n"))->host, host);
  }
  EXPECT_EQ(Framed("GET / HTTP/1.0\r\n\r\n")->host, "");
}

TEST(RequestFramer, AnswersALaterMinorVersionAsOne) {
  EXPECT_EQ(Framed("GET / HTTP/1.2\r\nHost: a\r\n\r\n")->minor_version, 1);
  EXPECT_EQ(Framed("GET / HTTP/1.9\r\nHost: a\r\n\r\n")->minor_version, 1);
  EXPECT_EQ(Framed("GET / HTTP/1.0\r\nHost: a\r\n\r\n")->minor_version, 0);
}

TEST(RequestFramer, DecidesKeepAliveByVersionAndConnectionOptions) {
  const auto keeps_alive = [](const std::string& version, const std::string& fields) {
    return Framed("GET / " + version + "\r\nHost: a\r\n" + fields + "\r\n")->keep_alive;
  };
  EXPECT_TRUE(keeps_alive("HTTP/1.1", ""));
  EXPECT_TRUE(keeps_alive("HTTP/1.1", "Connection: closed, x-close\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1", "connection: TE ,\tClose\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1", "Connection: close, keep-alive\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.0", ""));
  EXPECT_TRUE(keeps_alive("HTTP/1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.0", "Connection: keep-alive, close\r\n"));
}

TEST(RequestFramer, ReadsABodyOfContentLength) {
  EXPECT_EQ(Framed("PUT / HTTP/1.0\r\nContent-Length: 0005\r\n\r\na\r\n\r\n")->body, "a\r\n\r\n");
  EXPECT_EQ(Framed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\t0 \r\n\r\n")->body, "");
  EXPECT_EQ(Framed("GET / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx")->body, "x");
}

TEST(RequestFramer, TakesNoBodyWithoutContentLengthAndTransferEncoding) {
  Limits limits;
  RequestFramer framer(limits);
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(framer.consume(head + "GET /smuggled"), head.size());
  EXPECT_EQ(framer.phase(), Phase::complete);
}

TEST(RequestFramer, DecodesAChunkedBody) {
  const Framed request(
      kChunkedPost +
      "5\r\nhello\r\n00A \t;name=\"v;\";b\r\n, world 10\r\nd;x\r\n\r\n0\r\n\r\n\r\n"
      "abcd\r\n000;last\r\n\r\n");
  EXPECT_EQ(request->body, "hello, world 10\r\n0\r\n\r\n\r\nabcd");
  EXPECT_EQ(
      Framed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \tCHUNKED \r\n\r\n0\r\n\r\n")->body,
      "");
}

TEST(RequestFramer, DropsTrailerFields) {
  const Framed request(kChunkedPost +
                       "0\r\nContent-Length: 5\r\nHost: b\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(request->fields.size(), 2u);
  EXPECT_EQ(request->host, "a");
  EXPECT_TRUE(request->keep_alive);
}

TEST(RequestFramer, TakesWhatIsExactlyAtALimit) {
  const Limits limits;
  std::string empty_lines;
  for (std::size_t i = 0; i < limits.max_leading_empty_lines; ++i) empty_lines += "\r\n";
  const std::string target = "/" + std::string(limits.max_target_bytes - 1, 'a');
  EXPECT_EQ(Framed(empty_lines + get(target))->target, target);

  std::string head = get("/", kHost + "X: ");
  head.insert(head.size() - 2, std::string(limits.max_head_bytes - head.size() - 2, 'x') + "\r\n");
  ASSERT_EQ(head.size(), limits.max_head_bytes);
  EXPECT_EQ(Framed(head)->fields.size(), 2u);

  std::string fields = kHost;
  for (std::size_t i = 1; i < limits.max_fields; ++i) fields += "X: y\r\n";
  EXPECT_EQ(Framed(get("/", fields))->fields.size(), limits.max_fields);

  const std::string body(limits.max_body_bytes, 'b');
  EXPECT_EQ(Framed("PUT / HTTP/1.0\r\nContent-Length: 1048576\r\n\r\n" + body)->body, body);
  EXPECT_EQ(Framed(kChunkedPost + "0000000000100000\r\n" + body + "\r\n0\r\n\r\n")->body, body);

  const std::string extension = ";" + std::string(limits.max_chunk_extension_bytes - 1, 'x');
  const std::string trailer = "X:" + std::string(limits.max_trailer_bytes - 6, 'x') + "\r\n\r\n";
  EXPECT_EQ(Framed(kChunkedPost + "1" + extension + "\r\nb\r\n0\r\n" + trailer)->body, "b");
}

TEST(RequestFramer, TellsHowFarARequestHasArrived) {
  Limits limits;
  RequestFramer framer(limits);
  EXPECT_EQ(framer.phase(), Phase::idle);
  framer.consume("\r\n\r");
  EXPECT_EQ(framer.phase(), Phase::idle);
  framer.consume("\nP");
  EXPECT_EQ(framer.phase(), Phase::head);
  framer.consume("OST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r");
  EXPECT_EQ(framer.phase(), Phase::head);
  framer.consume("\n");
  EXPECT_EQ(framer.phase(), Phase::body);
  EXPECT_EQ(framer.request().method, "POST");
  framer.consume("h");
  EXPECT_EQ(framer.phase(), Phase::body);
  EXPECT_EQ(framer.consume("iGET"), 1u);
  EXPECT_EQ(framer.phase(), Phase::complete);
  EXPECT_EQ(framer.consume("GET"), 0u);
  framer.reset();
  EXPECT_EQ(framer.phase(), Phase::idle);
}

TEST(RequestFramer, AwaitsContinueUntilTheBodyBegins) {
  Limits limits;
  RequestFramer framer(limits);
  const std::string head =
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n";
  framer.consume(head);
  EXPECT_FALSE(framer.awaits_continue());
  framer.consume("\r\n");
  EXPECT_TRUE(framer.awaits_continue());
  EXPECT_TRUE(framer.request().expects_continue);
  framer.consume("h");
  EXPECT_FALSE(framer.awaits_continue());

  framer.reset();
  framer.consume(head + "\r\nh");
  EXPECT_EQ(framer.phase(), Phase::body);
  EXPECT_FALSE(framer.awaits_continue());
}

TEST(RequestFramer, ExpectsNoContinueWithoutABodyOrFromHttp10) {
  EXPECT_FALSE(Framed(get("/", kHost + "Expect: 100-continue\r\n"))->expects_continue);
  EXPECT_FALSE(Framed("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx")
                   ->expects_continue);
}

TEST(RequestFramer, KeepsNothingOfARequestForTheNext) {
  Limits limits;
  RequestFramer framer(limits);
  framer.consume(
      "\r\nPOST http://x?y HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n"
      "Transfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\nX: y\r\n\r\n");
  ASSERT_EQ(framer.phase(), Phase::complete);
  framer.reset();
  framer.consume(kChunkedPost + "1\r\nb\r\n0\r\n\r\n");
  ASSERT_EQ(framer.phase(), Phase::complete);
  EXPECT_EQ(describe(framer.request()),
            "POST / HTTP/1.1\npath=/ query= host=a keep-alive\nHost=[a]\n"
            "Transfer-Encoding=[chunked]\nbody=[b]\n");
  framer.reset();
  framer.consume("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_EQ(framer.phase(), Phase::complete);
  EXPECT_EQ(describe(framer.request()),
            "GET / HTTP/1.0\npath=/ query= host= keep-alive\nConnection=[keep-alive]\nbody=[]\n");
}

TEST(RequestFramer, ReadsTheSameHoweverTheBytesAreCut) {
  const std::vector<std::string> connections = {
      get("/"),
      "\r\n\r\n" + get("http://h?x") + "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\nGET / HTT",
      kChunkedPost + "4;a=b\r\nG\r\n\r\r\nA\r\n0123456789\r\n0\r\nX: y\r\nZ:\r\n\r\n" + get("/2"),
      "HEAD /a?b HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + get("/3") + "GET /4 HT",
      "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get("/5") + "\r\nBAD\n",
  };
  for (const std::string& bytes : connections) {
    SCOPED_TRACE(testing::PrintToString(bytes));
    const std::string whole = transcribe_whole(bytes);
    EXPECT_EQ(transcribe(bytes, [](std::size_t) { return 1; }), whole);
    for (std::size_t first = 1; first < bytes.size(); ++first) {
      for (const std::size_t rest : {bytes.size(), std::size_t{7}}) {
        const auto cut = [&](std::size_t delivered) { return delivered == 0 ? first : rest; };
        ASSERT_EQ(transcribe(bytes, cut), whole) << "cut at " << first << ", then by " << rest;
      }
    }
  }
}

TEST(RequestFramer, FramesFiftyPipelinedRequestsOneByOne) {
  std::string bytes;
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    const std::string body(static_cast<std::size_t>(i), 'x');
    const std::string size = std::to_string(i);
    bytes += "PUT /" + size + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n" + body;
    expected += "PUT /" + size + " HTTP/1.1\npath=/" + size +
                " query= host=a keep-alive\nHost=[a]\nContent-Length=[" + size + "]\nbody=[" +
                body + "]\n";
  }
  EXPECT_EQ(transcribe_whole(bytes), expected + "then idle\n");
}

}  // namespace
}  // namespace forkscope::http
