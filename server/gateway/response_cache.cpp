#include "gateway/response_cache.h"

namespace forkscope::gateway {

namespace {

/// If-Match, If-None-Match, If-Modified-Since, … (RFC 9110 section 13.1).
bool is_condition(std::string_view field) {
  return field.size() > 3 && (field[0] | 0x20) == 'i' && (field[1] | 0x20) == 'f' &&
         field[2] == '-';
}

}  // namespace

bool ResponseCache::suits(const FramedRequest& request) {
  if (request.method != "GET" || request.minor_version != 1 || !request.keep_alive ||
      !request.body.empty()) {
    return false;
  }
  for (const HeaderField& field : request.fields) {
    if (is_condition(field.name)) return false;
  }
  return true;
}

void ResponseCache::renew(std::uint64_t content_version, std::uint64_t second) {
  if (content_version == content_version_ && second == second_) return;
  responses_.clear();
  content_version_ = content_version;
  second_ = second;
}

const std::string* ResponseCache::find(const FramedRequest& request) {
  const auto found = responses_.find(key_of(request));
  return found == responses_.end() ? nullptr : &found->second;
}

void ResponseCache::store(const FramedRequest& request, std::string_view response) {
  if (response.size() > kMaxResponseBytes) return;
  if (responses_.size() >= kMaxEntries) responses_.clear();
  responses_.insert_or_assign(key_of(request), std::string(response));
}

const std::string& ResponseCache::key_of(const FramedRequest& request) {
  // Neither can hold a space.
  key_.assign(request.host).append(1, ' ').append(request.target);
  return key_;
}

}  // namespace forkscope::gateway
