#include "http/trusted_proxies.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace forkscope::http {
namespace {

constexpr unsigned kMappedBits = 96;

void put_mapped(std::array<std::uint8_t, 16>& address, const in_addr& ipv4) {
  address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(&address[kMappedBits / 8], &ipv4, sizeof ipv4);
}

bool shares_prefix(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b,
                   unsigned bits) {
  const std::size_t bytes = bits / 8;
  if (std::memcmp(a.data(), b.data(), bytes) != 0) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((a[bytes] ^ b[bytes]) >> (8 - rest)) == 0;
}

}  // namespace

std::optional<TrustedProxies> TrustedProxies::parse(std::string_view text) {
  TrustedProxies proxies;
  if (text == "none") return proxies;
  for (;;) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    if (item == "loopback") {
      proxies.networks_.push_back(*parse_network("127.0.0.0/8"));
      proxies.networks_.push_back(*parse_network("::1"));
    } else if (const auto network = parse_network(item)) {
      proxies.networks_.push_back(*network);
    } else {
      return std::nullopt;
    }
    if (comma == text.npos) return proxies;
    text.remove_prefix(comma + 1);
  }
}

std::optional<TrustedProxies::Network> TrustedProxies::parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Network network;
  in_addr ipv4{};
  unsigned least_bits = 0;
  if (::inet_pton(AF_INET, address.c_str(), &ipv4) == 1) {
    put_mapped(network.address, ipv4);
    least_bits = kMappedBits;
  } else if (::inet_pton(AF_INET6, address.c_str(), network.address.data()) != 1) {
    return std::nullopt;
  }
  network.bits = 128;
  if (slash == text.npos) return network;
  const std::string_view digits = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc() || end != digits.data() + digits.size() || bits > 128 - least_bits) {
    return std::nullopt;
  }
  network.bits = least_bits + bits;
  return network;
}

bool TrustedProxies::contains(const sockaddr_storage& peer) const {
  Address address{};
  if (peer.ss_family == AF_INET6) {
    std::memcpy(address.data(), &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr, 16);
  } else if (peer.ss_family == AF_INET) {
    put_mapped(address, reinterpret_cast<const sockaddr_in&>(peer).sin_addr);
  } else {
    return false;
  }
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    return shares_prefix(network.address, address, network.bits);
  });
}

}  // namespace forkscope::http
