// What a reverse proxy says of the request as its client has sent it: the scheme, the host and the
// path in front of ours. Forwarded (RFC 7239), X-Forwarded-Proto, -Host and -Prefix.
//
// Part of the RequestFramer. It believes trusted proxies alone; from anybody else these fields are
// as if they had not been sent, and handlers never see them.
//
// Only the last entry of a list counts: that is the one which the proxy that we trust has written
// or passed on. What stands before it may come from the client. Where both kinds of fields are
// there, X-Forwarded-* counts, because most proxies set that and pass a client's Forwarded on.
// What is malformed is ignored, so that nothing gets into a URL that is not part of one.
#pragma once

#include <string>
#include <string_view>

namespace forkscope::http {

class ForwardedFields {
 public:
  /// Whether it is one of the fields by which proxies speak of their clients.
  static bool is_one(std::string_view name);

  void reset();
  /// Takes note of a field. False: whoever handles the request may see it as it is.
  bool accept(std::string_view name, std::string_view value);

  // Of the request as its client has sent it; empty where nobody says.
  std::string_view scheme() const { return first_of(x_.scheme, standard_.scheme); }
  std::string_view host() const { return first_of(x_.host, standard_.host); }
  /// "/prefix", without a slash at its end.
  std::string_view prefix() const { return prefix_; }

 private:
  struct Origin {
    std::string_view scheme;  ///< A literal.
    std::string host;
  };

  static std::string_view first_of(std::string_view one, std::string_view other) {
    return one.empty() ? other : one;
  }
  void accept_forwarded(std::string_view list);

  Origin x_;
  Origin standard_;
  std::string prefix_;
};

}  // namespace forkscope::http
