// The serialised responses to recent GETs: the same GET against unchanged content gives the same
// bytes, so most of them need no routing, no store and no serialisation. Only the Date is new.
//
// Never stale: renew() is called once per loop iteration, after the bytes of every request of that
// iteration have been received, with the version that the content has by then. A write that was
// acknowledged before a client sent its GET is therefore always in that version.
//
// Bounded by bytes, in two generations: what is used lives in the young one; when that is full it
// becomes the old one, and what nobody has asked for since then goes. Admitted is what is asked for
// a second time (doorkeeper.h): a client that never asks for the same twice pushes nobody out. What
// is in keeps its place while the content changes.
//
// One per worker process, used by its only thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/doorkeeper.h"
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
  /// After append_to() has found none: keeps the whole response to that request, which carries
  /// `date`, for the version of the latest renew(). Not if it has not been asked for before.
  void store(std::string_view response, std::string_view date);

 private:
  struct Entry {
    std::uint64_t content_version = 0;
    std::size_t date_begin = 0;
    std::string response;
  };
  using Generation = std::unordered_map<std::string, Entry>;

  /// The entry of key_, moved to the young generation if it is in the old one; or null.
  Entry* find();

  Generation young_;
  Generation old_;
  std::size_t young_bytes_ = 0;
  std::uint64_t content_version_ = 0;
  Doorkeeper doorkeeper_;
  // Of the latest append_to().
  std::string key_;
  Entry* entry_ = nullptr;
};

}  // namespace forkscope::gateway
