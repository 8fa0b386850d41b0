// Whose word counts about the client behind a request: addresses and networks of reverse proxies.
//
// Made in the primary from the command line; each worker reads its copy, once per connection.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace forkscope::http {

class TrustedProxies {
 public:
  /// A list with commas of addresses ("192.0.2.7", "2001:db8::1"), networks ("10.0.0.0/8") and the
  /// word "loopback"; or "none". Nothing if it is anything else.
  static std::optional<TrustedProxies> parse(std::string_view text);

  bool contains(const sockaddr_storage& peer) const;

 private:
  using Address = std::array<std::uint8_t, 16>;  ///< IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
  struct Network {
    Address address{};
    unsigned bits = 0;  ///< How many of the first bits count: 0 … 128.
  };

  static std::optional<Network> parse_network(std::string_view text);

  std::vector<Network> networks_;
};

}  // namespace forkscope::http
