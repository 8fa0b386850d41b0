// What the framer must not let through. Every raw text in these tables ends with the very byte that
// proves the error, so each case also shows that the error is found there, and not a byte before.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/framing_transcript.h"

namespace forkscope::http {
namespace {

using Phase = RequestFramer::Phase;
using support::transcribe;
using support::transcribe_whole;

struct Rejection {
  int status;
  std::string bytes;
};

const std::string kHost = "Host: a\r\n";
const std::string kGet = "GET / HTTP/1.1\r\n";
const std::string kPost = "POST / HTTP/1.1\r\n" + kHost;
const std::string kChunked = kPost + "Transfer-Encoding: chunked\r\n\r\n";

std::string printable(const std::string& bytes) {
  return testing::PrintToString(bytes.size() < 300 ? bytes : bytes.substr(0, 300) + "...");
}

void expect_rejected(const Rejection& rejection, const Limits& limits = {}) {
  const std::string& bytes = rejection.bytes;
  SCOPED_TRACE(printable(bytes));

  RequestFramer framer(limits);
  EXPECT_EQ(framer.consume(bytes), bytes.size());
  ASSERT_EQ(framer.phase(), Phase::failed);
  EXPECT_EQ(framer.error().status, rejection.status);
  EXPECT_TRUE(framer.error().detail.ends_with('.'));
  EXPECT_EQ(framer.consume("GET / HTTP/1.1\r\n\r\n"), 0u);

  RequestFramer early(limits);
  early.consume(std::string_view(bytes).substr(0, bytes.size() - 1));
  EXPECT_NE(early.phase(), Phase::failed) << "One byte early: " << early.error().detail;

  const std::string whole = transcribe_whole(bytes, limits);
  EXPECT_EQ(transcribe(
                bytes, [](std::size_t) { return 1; }, limits),
            whole);
  EXPECT_EQ(transcribe_whole(bytes + kGet + kHost + "\r\n", limits), whole);
  const std::size_t step = bytes.size() < 300 ? 1 : bytes.size() / 50;
  for (std::size_t at = 1; at < bytes.size(); at += step) {
    const auto cut = [&](std::size_t delivered) { return delivered == 0 ? at : bytes.size(); };
    EXPECT_EQ(transcribe(bytes, cut, limits), whole) << "cut at " << at;
  }
}

void expect_rejected(const std::vector<Rejection>& table) {
  for (const Rejection& rejection : table) expect_rejected(rejection);
}

TEST(RequestFramerRejections, RequestLineThatIsNotMethodTargetVersion) {
  expect_rejected({
      {400, "\n"},
      {400, "\rG"},
      {400, "\r\n\n"},
      {400, " "},
      {400, "\t"},
      {400, std::string(1, '\0')},
      {400, "\x16"},  // A TLS ClientHello on the wrong port.
      {400, "GET\r"},
      {400, "GET\t"},
      {400, "G("},
      {400, "GET  "},
      {400, "GET /\r"},
      {400, "GET /\n"},
      {400, "GET /\t"},
      {400, "GET /  "},
      {400, "GET / \r"},
      {400, "GET / h"},
      {400, "GET / HTTP/1.\r"},
      {400, "GET / HTTP/x"},
      {400, "GET / HTTP/11"},
      {400, "GET / HTTP/1,"},
      {400, "GET / HTTP/1.10"},
      {400, "GET / HTTP/1.1 "},
      {400, "GET / HTTP/1.1\n"},
      {400, "GET / HTTP/1.1\r\r"},
      {400, "GET / HTTP/1.1\rH"},
      {400, "GET / F"},
      {400, "GET /index.html i"},
  });
}

TEST(RequestFramerRejections, TargetThatIsNoTarget) {
  const std::string end = " HTTP/1.1\r\n";
  expect_rejected({
      {400, "GET /a#"},
      {400, "GET /\x7f"},
      {400, "GET /\x01"},
      {400, std::string("GET /\0", 6)},
      {400, "GET /\xc3"},
      {400, "GET /\""},
      {400, "GET /<"},
      {400, "GET /\\"},
      {400, "GET /?q={"},
      {400, "GET todos" + end},
      {400, "GET ?a=b" + end},
      {400, "GET *" + end},
      {400, "GET /%" + end},
      {400, "GET /%4" + end},
      {400, "GET /%4x" + end},
      {400, "GET /?%zz" + end},
      {400, "GET /%00" + end},
      {400, "GET /a%00b?c" + end},
      {400, "GET http://h/%00" + end},
      {400, "GET https://h/" + end},
      {400, "GET ftp://h/" + end},
      {400, "GET http:/h/" + end},
      {400, "GET http:" + end},
      {400, "GET http://" + end},
      {400, "GET http:///path" + end},
      {400, "GET http://user@h/" + end},
      {400, "GET http://h:x/" + end},
      {400, "GET http://h:65536/" + end},
      {400, "GET h:80" + end},
      {400, "OPTIONS **" + end},
  });
}

TEST(RequestFramerRejections, MethodThatIsNotImplemented) {
  expect_rejected({
      {501, "get / HTTP/1.1\r\n"},
      {501, "TRACE / HTTP/1.1\r\n"},
      {501, "CONNECT h:443 HTTP/1.1\r\n"},
      {501, "GETT / HTTP/1.1\r\n"},
      {501, "GE / HTTP/1.0\r\n"},
      {501, "!#$%&'*+-.^_`|~ / HTTP/1.1\r\n"},
      {501, std::string(33, 'A')},
  });
}

TEST(RequestFramerRejections, MajorVersionOtherThanOne) {
  expect_rejected({
      {505, "GET / HTTP/2.0\r\n"},
      {505, "GET / HTTP/0.9\r\n"},
      {505, "GET / HTTP/9.1\r\n"},
      {505, "PRI * HTTP/2.0\r\n"},  // The preface of HTTP/2.
  });
}

TEST(RequestFramerRejections, FieldLineThatIsNotOne) {
  const std::string nul(1, '\0');
  expect_rejected({
      {400, kGet + "\n"},
      {400, kGet + "\r\r"},
      {400, kGet + " "},  // Whitespace before the first field.
      {400, kGet + "\t"},
      {400, kGet + kHost + " "},  // A folded line.
      {400, kGet + kHost + "\t"},
      {400, kGet + ":"},
      {400, kGet + "Host "},
      {400, kGet + "Host\t"},
      {400, kGet + "Host\r"},
      {400, kGet + "Host\n"},
      {400, kGet + nul},
      {400, kGet + "X" + nul},
      {400, kGet + "X\xe9"},
      {400, kGet + "X("},
      {400, kGet + "\""},
      {400, kGet + "X: a\n"},
      {400, kGet + "X: a\rb"},
      {400, kGet + "X: a\r\r"},
      {400, kGet + "X: a" + nul},
      {400, kGet + "X: a\v"},
      {400, kGet + "X: a\f"},
      {400, kGet + "X: a\x7f"},
      {400, kGet + "X: twelve bytes then\x1f"},
      {400, kGet + kHost + "\n"},
      {400, kGet + kHost + "\rX"},
  });
}

TEST(RequestFramerRejections, HostThatIsMissingDoubledOrInvalid) {
  expect_rejected({
      {400, kGet + "\r\n"},
      {400, kGet + "Accept: */*\r\n\r\n"},
      {400, "GET http://h/ HTTP/1.1\r\n\r\n"},
      {400, "GET / HTTP/1.2\r\n\r\n"},
      {400, kGet + kHost + kHost},
      {400, kGet + kHost + "host: b\r\n"},
      {400, kGet + "Host:\r\n"},
      {400, kGet + "Host: \t \r\n"},
      {400, kGet + "Host: a b\r\n"},
      {400, kGet + "Host: a, b\r\n"},
      {400, kGet + "Host: a,b\r\n"},
      {400, kGet + "Host: a/b\r\n"},
      {400, kGet + "Host: u@a\r\n"},
      {400, kGet + "Host: a?\r\n"},
      {400, kGet + "Host: a#\r\n"},
      {400, kGet + "Host: \xc3\xa9\r\n"},
      {400, kGet + "Host: %zz\r\n"},
      {400, kGet + "Host: http://a\r\n"},
      {400, kGet + "Host: :80\r\n"},
      {400, kGet + "Host: a:b\r\n"},
      {400, kGet + "Host: a:80:80\r\n"},
      {400, kGet + "Host: a:-1\r\n"},
      {400, kGet + "Host: a:65536\r\n"},
      {400, kGet + "Host: a:99999999999999999999\r\n"},
      {400, kGet + "Host: ::1\r\n"},
      {400, kGet + "Host: []\r\n"},
      {400, kGet + "Host: [::1\r\n"},
      {400, kGet + "Host: ::1]\r\n"},
      {400, kGet + "Host: [::1]80\r\n"},
      {400, kGet + "Host: x[::1]\r\n"},
      {400, kGet + "Host: [g::1]\r\n"},
      {400, "GET / HTTP/1.0\r\nHost: a b\r\n"},
  });
}

TEST(RequestFramerRejections, ContentLengthThatIsNoDecimalNumberOrNotAlone) {
  for (const char* value :
       {"+5", "-5", "-0", "5,5", "5, 5", "5 5", "0x5", "5.0", "5;", "five", "", " ", "\xb2",
        "\"5\"", "18446744073709551616", "99999999999999999999", "184467440737095516150"}) {
    expect_rejected({400, kPost + "Content-Length: " + value + "\r\n"});
  }
  expect_rejected({
      {400, kPost + "Content-Length: 5\r\nContent-Length: 5\r\n"},
      {400, kPost + "Content-Length: 5\r\ncontent-length: 6\r\n"},
      {400, kPost + "Content-Length: 0\r\nX: y\r\nCONTENT-LENGTH: 0\r\n"},
  });
}

TEST(RequestFramerRejections, TransferEncodingWhoseEndIsInDoubt) {
  expect_rejected({
      {400, kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"},
      {400, kPost + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"},
      {400, kPost + "Content-Length: 0\r\nTransfer-Encoding: identity\r\n"},
      {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n"},
      {400, kPost + "Transfer-Encoding: chunked\v"},
      {400, kPost + "Transfer-Encoding: \x01"},
      {400, kPost + "Transfer-Encoding "},
      {400, kPost + "Transfer-Encoding:\r\n "},
  });
  for (const char* value :
       {"xchunked", "identity", "gzip", "chunked, gzip", "chunked, identity", "\"chunked\"",
        "chunked;q=1", "chunked,", "chunk", "chunkedx", "chunked chunked",
        "\xa0"
        "chunked",
        "", ","}) {
    expect_rejected({400, kPost + "Transfer-Encoding: " + value + "\r\n\r\n"});
  }
  expect_rejected(
      {400, kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"});
}

TEST(RequestFramerRejections, TransferCodingOtherThanASingleChunked) {
  for (const char* value : {"gzip, chunked", "gzip,chunked", "chunked, chunked",
                            "identity, chunked", ", chunked", "gzip\t,\tCHUNKED"}) {
    expect_rejected({501, kPost + "Transfer-Encoding: " + value + "\r\n\r\n"});
  }
  expect_rejected({
      {501, kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {501, kPost + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"},
  });
}

TEST(RequestFramerRejections, ContentThatCannotBeReadAndExpectationsThatCannotBeMet) {
  expect_rejected({
      {415, kPost + "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"},
      {415, kPost + "Content-Encoding: gzip\r\n\r\n"},
      {415, kPost + "content-encoding: identity, br\r\n\r\n"},
      {415, kPost + "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5\r\n\r\n"},
      {415, kPost + "Content-Type: Multipart/mixed\r\n\r\n"},
      {417, kPost + "Expect: 200-ok\r\n\r\n"},
      {417, kPost + "Expect: 100-continue, x\r\n\r\n"},
      {417, kPost + "Expect: 100-continue\r\nExpect: x\r\n\r\n"},
  });
}

TEST(RequestFramerRejections, ChunkThatIsNotOne) {
  const std::string nul(1, '\0');
  expect_rejected({
      {400, kChunked + "\r"},
      {400, kChunked + "\n"},
      {400, kChunked + "g"},
      {400, kChunked + "-"},
      {400, kChunked + "+"},
      {400, kChunked + " "},
      {400, kChunked + ";"},
      {400, kChunked + "0x"},
      {400, kChunked + "5\n"},
      {400, kChunked + "5\rh"},
      {400, kChunked + "5 \r"},
      {400, kChunked + "5 5"},
      {400, kChunked + "5" + nul},
      {400, kChunked + "5,"},
      {400, kChunked + "5;a\n"},
      {400, kChunked + "5;a\rb"},
      {400, kChunked + "5;a" + nul},
      {400, kChunked + "5\r\nhellox"},
      {400, kChunked + "5\r\nhello\n"},
      {400, kChunked + "5\r\nhello\r0"},
      {400, kChunked + "3\r\nhel" + "l"},
      {400, kChunked + "00000000000000001"},
      {400, kChunked + "FFFFFFFFFFFFFFFFF"},
      {413, kChunked + "FFFFFFFFFFFFFFFF\r"},
      {413, kChunked + "7fffffff;"},
      {413, kChunked + "100001 "},
  });
}

TEST(RequestFramerRejections, TrailerSectionThatIsNotOne) {
  const std::string last = kChunked + "0\r\n";
  expect_rejected({
      {400, last + "\n"},
      {400, last + "\rG"},
      {400, last + " "},
      {400, last + ":"},
      {400, last + "G "},  // The next request of a client that forgot the empty line.
      {400, last + "X: a\n"},
      {400, last + "X: a\r\n "},
      {400, last + "X: a\r\nX\r"},
      {400, last + std::string(1, '\0')},
  });
}

TEST(RequestFramerRejections, WhatIsOverALimitAtTheFirstByteThatIs) {
  const Limits defaults;
  std::string crlfs;
  for (std::size_t i = 0; i <= defaults.max_leading_empty_lines; ++i) crlfs += "\r\n";
  std::string fields = kGet + kHost;
  for (std::size_t i = 1; i <= defaults.max_fields; ++i) fields += "X: y\r\n";
  const std::string field = kGet + "X: ";
  std::string request_line_and_head = kGet + "X: ";
  request_line_and_head.append(defaults.max_head_bytes + 1 - field.size(), 'x');
  const std::string extension =
      kChunked + "1;" + std::string(defaults.max_chunk_extension_bytes, 'x');
  const std::string half(defaults.max_chunk_extension_bytes / 2, 'x');
  const std::string extensions = kChunked + "1;" + half + "\r\na\r\n1;" + half.substr(1);
  const std::string last = kChunked + "0\r\n";
  expect_rejected({
      {400, crlfs},
      {414, "GET /" + std::string(defaults.max_target_bytes, 'a')},
      {431, request_line_and_head},
      {431, fields},
      {413, kPost + "Content-Length: 1048577\r\n\r\n"},
      {413, kPost + "Content-Length: 18446744073709551615\r\n\r\n"},
      {413, kChunked + "100001\r"},
      {413, kChunked + "80000\r\n" + std::string(0x80000, 'a') + "\r\n80001\r"},
      {400, extension},
      {400, extensions},
      {400, last + "X: " + std::string(defaults.max_trailer_bytes - 2, 'x')},
  });
}

TEST(RequestFramerRejections, WhatIsOverAConfiguredLimit) {
  Limits limits;
  limits.max_target_bytes = 4;
  limits.max_fields = 1;
  limits.max_body_bytes = 3;
  expect_rejected({414, "GET /1234"}, limits);
  expect_rejected({431, kGet + kHost + "X: y\r\n"}, limits);
  expect_rejected({413, "POST / HTTP/1.0\r\nContent-Length: 4\r\n\r\n"}, limits);
  limits.max_fields = 2;
  expect_rejected({413, kChunked + "3\r\nabc\r\n1\r"}, limits);
}

}  // namespace
}  // namespace forkscope::http
