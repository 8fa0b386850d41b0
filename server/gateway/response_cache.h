// The serialised responses to recent GETs: the same GET against unchanged content gives the same
// bytes, so most of them need no routing, no store and no serialisation. Only the Date is new.
//
// Never stale: renew() is called once per loop iteration, after the bytes of every request of that
// iteration have been received, with the version that the content has by then. A write that was
// acknowledged before a client sent its GET is therefore always in that version.
//
// Bounded by bytes, in two generations: what is used lives in the young one; when that is full it
// becomes the old one, and what nobody has asked for since then goes.
//
// One per worker process, used by its only thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/request_framer.h"

namespace forkscope::gateway {

class ResponseCache {
 public:
  static constexpr std::size_t kMaxResponseBytes = 64 * 1024;
  static constexpr std::size_t kGenerationBytes = 8 * 1024 * 1024;

  /// Whether this request's answer depends on nothing but its target, as sent, and the scheme,
  /// host and prefix that its URLs get: a plain GET without conditions.
  static bool suits(const http::FramedRequest& request);

  /// From now on only responses that were stored under this version are found.
  void renew(std::uint64_t content_version) { content_version_ = content_version; }

  /// Appends the stored response, with `date` as its Date, to `output`. False: there is none.
  bool append_to(std::string& output, const http::FramedRequest& request, std::string_view date);
  /// Keeps a whole response, which carries `date`, for the version of the latest renew().
  void store(const http::FramedRequest& request, std::string_view response, std::string_view date);

 private:
  struct Entry {
    std::uint64_t content_version = 0;
    std::size_t date_begin = 0;
    std::string response;
  };
  using Generation = std::unordered_map<std::string, Entry>;

  /// The entry of the request, moved to the young generation if it is in the old one; or null.
  Entry* find(const http::FramedRequest& request);

  Generation young_;
  Generation old_;
  std::size_t young_bytes_ = 0;
  std::uint64_t content_version_ = 0;
  std::string key_;  ///< Of the latest find(); kept for its memory.
};

}  // namespace forkscope::gateway
