// Proxies in front of the server: whose word counts, and what is made of it.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

#include "http/request_framer.h"
#include "http/trusted_proxies.h"

namespace forkscope::http {
namespace {

sockaddr_storage address(const char* text) {
  sockaddr_storage storage{};
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& ipv6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (::inet_pton(AF_INET, text, &ipv4.sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else if (::inet_pton(AF_INET6, text, &ipv6.sin6_addr) == 1) {
    storage.ss_family = AF_INET6;
  }
  return storage;
}

bool trusts(const char* list, const char* peer) {
  return TrustedProxies::parse(list)->contains(address(peer));
}

TEST(TrustedProxies, AreAddressesAndNetworksOfBothFamilies) {
  EXPECT_TRUE(trusts("loopback", "127.0.0.1"));
  EXPECT_TRUE(trusts("loopback", "127.9.9.9"));
  EXPECT_TRUE(trusts("loopback", "::1"));
  EXPECT_TRUE(trusts("loopback", "::ffff:127.0.0.1"));  // a client of a socket for both families
  EXPECT_FALSE(trusts("loopback", "128.0.0.1"));
  EXPECT_FALSE(trusts("loopback", "::2"));
  EXPECT_FALSE(trusts("none", "127.0.0.1"));
  EXPECT_TRUE(trusts("10.1.2.3", "10.1.2.3"));
  EXPECT_FALSE(trusts("10.1.2.3", "10.1.2.4"));
  EXPECT_FALSE(trusts("10.1.2.3", "::1"));
  EXPECT_TRUE(trusts("loopback,10.0.0.0/9,2001:db8::/33", "10.127.255.255"));
  EXPECT_FALSE(trusts("loopback,10.0.0.0/9,2001:db8::/33", "10.128.0.0"));
  EXPECT_TRUE(trusts("loopback,10.0.0.0/9,2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(trusts("loopback,10.0.0.0/9,2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(trusts("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(trusts("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(trusts("::/0", "203.0.113.9"));
}

TEST(TrustedProxies, AreNothingElse) {
  for (const char* text : {"", ",", "10.0.0.1,", "localhost", "10.0.0.1/33", "10.0.0.0/", "::/129",
                           "10.0.0/8", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/+8", " 10.0.0.1",
                           "none,10.0.0.1", "[::1]", "10.0.0.1:80"}) {
    EXPECT_FALSE(TrustedProxies::parse(text)) << text;
  }
}

/// scheme://host/prefix of a request with these fields, as handlers are told.
std::string origin(const std::string& fields,
                   RequestFramer::Peer peer = RequestFramer::Peer::trusted_proxy) {
  const Limits limits;
  RequestFramer framer(limits, peer);
  framer.consume("GET / HTTP/1.1\r\nHost: own:8000\r\n" + fields + "\r\n");
  EXPECT_EQ(framer.phase(), RequestFramer::Phase::complete) << fields;
  const FramedRequest& request = framer.request();
  std::string scheme = "http";
  std::string host;
  std::string prefix;
  for (const HeaderField& field : request.fields) {
    if (field.name == "X-Forwarded-Proto") scheme = field.value;
    if (field.name == "X-Forwarded-Prefix") prefix = field.value;
    if (field.name == "Host") host = field.value;
  }
  EXPECT_EQ(request.scheme, scheme);
  EXPECT_EQ(request.host, host);
  EXPECT_EQ(request.prefix, prefix);
  return scheme + "://" + host + prefix;
}

TEST(ForwardedFields, TellWhatTheClientOfTheProxyHasAskedFor) {
  EXPECT_EQ(origin(""), "http://own:8000");
  EXPECT_EQ(origin("X-Forwarded-Proto: https\r\n"), "https://own:8000");
  EXPECT_EQ(origin("x-forwarded-proto: HTTPS\r\n"), "https://own:8000");
  EXPECT_EQ(origin("X-Forwarded-Host: shop.example:8443\r\n"), "http://shop.example:8443");
  EXPECT_EQ(origin("X-Forwarded-Host: [2001:db8::1]:1\r\n"), "http://[2001:db8::1]:1");
  EXPECT_EQ(origin("X-Forwarded-Prefix: /a/b/\r\n"), "http://own:8000/a/b");
  EXPECT_EQ(origin("X-Forwarded-Prefix: /\r\n"), "http://own:8000");
  EXPECT_EQ(origin("Forwarded: for=192.0.2.60;proto=https;host=a.example\r\n"),
            "https://a.example");
  EXPECT_EQ(
      origin("Forwarded: For=\"[2001:db8::1]:47\"; Host=\"a\\.example:8443\" ;PROTO=https\r\n"),
      "https://a.example:8443");
  EXPECT_EQ(origin("Forwarded: host=a.example:8443\r\n"), "http://a.example:8443");
}

TEST(ForwardedFields, CountByTheirLastEntryWhichTheTrustedProxyHasWritten) {
  EXPECT_EQ(origin("X-Forwarded-Proto: http, https\r\n"), "https://own:8000");
  EXPECT_EQ(origin("X-Forwarded-Host: evil.example\r\nX-Forwarded-Host: a.example\r\n"),
            "http://a.example");
  EXPECT_EQ(origin("Forwarded: host=evil.example;proto=https, for=\"_x,;\";host=a.example\r\n"),
            "http://a.example");
  EXPECT_EQ(origin("Forwarded: host=evil.example;proto=https\r\nX-Forwarded-Proto: http\r\n"
                   "X-Forwarded-Host: a.example\r\n"),
            "http://a.example");
}

TEST(ForwardedFields, GetNothingIntoAUrlThatIsNotPartOfOne) {
  for (const char* field : {"X-Forwarded-Proto: javascript",
                            "X-Forwarded-Proto: https://x/",
                            "X-Forwarded-Proto:",
                            "X-Forwarded-Host: a/b",
                            "X-Forwarded-Host: a@b",
                            "X-Forwarded-Host: a\"b",
                            "X-Forwarded-Host: a<b>",
                            "X-Forwarded-Host: a b",
                            "X-Forwarded-Host: a:99999",
                            "X-Forwarded-Host: J\xc3\xb6rg",
                            "X-Forwarded-Host:",
                            "X-Forwarded-Host: ,",
                            "X-Forwarded-Prefix: a",
                            "X-Forwarded-Prefix: //evil.example",
                            "X-Forwarded-Prefix: /a//b",
                            "X-Forwarded-Prefix: /a?b",
                            "X-Forwarded-Prefix: /a#b",
                            "X-Forwarded-Prefix: /a>b",
                            "X-Forwarded-Prefix: /../b",
                            "X-Forwarded-Prefix: /a/.",
                            "X-Forwarded-Prefix: /%2",
                            "X-Forwarded-Prefix: https://x",
                            "Forwarded: host=\"a.example",
                            "Forwarded: host=\"a\\",
                            "Forwarded: host",
                            "Forwarded: =a",
                            "Forwarded: host=\"a/b\"",
                            "Forwarded: proto=ftp",
                            "Forwarded: host=a.example proto=https",
                            "Forwarded: host=a.example,(",
                            "Forwarded: ,",
                            "Forwarded:",
                            "X-Forwarded-For: 192.0.2.1",
                            "X-Forwarded-Protocol: https"}) {
    EXPECT_EQ(origin(std::string(field) + "\r\n"), "http://own:8000") << field;
  }
}

TEST(ForwardedFields, OfAnybodyElseAreAsIfTheyHadNotBeenSent) {
  const Limits limits;
  RequestFramer framer(limits);
  framer.consume(
      "GET / HTTP/1.1\r\nX-Forwarded-Proto: https\r\nX-FORWARDED-FOR: 192.0.2.1\r\n"
      "Host: own\r\nForwarded: host=a.example\r\nX-Forwarded-Host: a.example\r\n"
      "X-Forwarded-Prefix: /a\r\nX-Forwarded: yes\r\n\r\n");
  const FramedRequest& request = framer.request();
  EXPECT_EQ(request.host, "own");
  EXPECT_EQ(request.scheme, "http");
  EXPECT_EQ(request.prefix, "");
  ASSERT_EQ(request.fields.size(), 2U);
  EXPECT_EQ(request.fields[0].name, "Host");
  EXPECT_EQ(request.fields[0].value, "own");
  EXPECT_EQ(request.fields[1].name, "X-Forwarded");  // nobody's name for such a thing
}

TEST(ForwardedFields, OfOneRequestAreForgottenByTheNext) {
  const Limits limits;
  RequestFramer framer(limits, RequestFramer::Peer::trusted_proxy);
  framer.consume(
      "GET / HTTP/1.1\r\nHost: own\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /a\r\n"
      "X-Forwarded-Host: a.example\r\n\r\n");
  EXPECT_EQ(framer.request().scheme, "https");
  framer.reset();
  framer.consume("GET / HTTP/1.1\r\nHost: own\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");
  EXPECT_EQ(framer.request().scheme, "http");
  EXPECT_EQ(framer.request().prefix, "");
  EXPECT_EQ(framer.request().host, "own");
}

}  // namespace
}  // namespace forkscope::http
