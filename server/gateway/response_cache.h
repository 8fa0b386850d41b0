// The serialised responses to recent GETs: the same GET against unchanged content gives the same
// bytes, so most of them need no routing, no store and no serialisation.
//
// Never stale: renew() is called once per loop iteration, after the bytes of every request of that
// iteration have been received, with the version that the content has by then. A write that was
// acknowledged before a client sent its GET is therefore always in that version. The date is part
// of the version, because responses carry one.
//
// One per worker process, used by its only thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/request_framer.h"

namespace forkscope::gateway {

class ResponseCache {
 public:
  static constexpr std::size_t kMaxEntries = 256;
  static constexpr std::size_t kMaxResponseBytes = 64 * 1024;

  /// Whether this request's answer depends on nothing but its target and Host: a plain GET without
  /// conditions, over a connection that stays.
  static bool suits(const FramedRequest& request);

  /// Forgets everything unless both are what they were.
  void renew(std::uint64_t content_version, std::uint64_t second);

  /// The stored response, or null. Valid until the next renew() or store().
  const std::string* find(const FramedRequest& request);
  void store(const FramedRequest& request, std::string_view response);

 private:
  const std::string& key_of(const FramedRequest& request);

  std::unordered_map<std::string, std::string> responses_;
  std::string key_;  // kept for its memory
  std::uint64_t content_version_ = 0;
  std::uint64_t second_ = 0;
};

}  // namespace forkscope::gateway
