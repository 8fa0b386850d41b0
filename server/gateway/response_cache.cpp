#include "gateway/response_cache.h"

#include <functional>
#include <utility>

namespace forkscope::gateway {

namespace {

/// If-Match, If-None-Match, If-Modified-Since, … (RFC 9110 section 13.1).
bool is_condition(std::string_view field) {
  return field.size() > 3 && (field[0] | 0x20) == 'i' && (field[1] | 0x20) == 'f' &&
         field[2] == '-';
}

}  // namespace

bool ResponseCache::suits(const http::FramedRequest& request) {
  if (request.method != "GET" || !request.body.empty()) return false;
  for (const http::HeaderField& field : request.fields) {
    if (is_condition(field.name)) return false;
  }
  return true;
}

bool ResponseCache::append_to(std::string& output, const http::FramedRequest& request,
                              std::string_view date) {
  // No scheme holds a colon, no host a slash, no prefix a space: each key has one reading.
  key_.assign(request.scheme).append("://").append(request.host).append(request.prefix);
  key_.append(1, ' ').append(request.target);
  entry_ = find();
  if (entry_ == nullptr || entry_->content_version != content_version_) return false;
  const std::size_t begin = output.size();
  output += entry_->response;
  output.replace(begin + entry_->date_begin, date.size(), date);
  return true;
}

void ResponseCache::store(std::string_view response, std::string_view date) {
  if (response.size() > kMaxResponseBytes) return;
  if (entry_ == nullptr && !doorkeeper_.knows(std::hash<std::string>()(key_))) return;
  const std::size_t date_begin = response.find(date);
  if (date_begin == response.npos) return;
  if (entry_ == nullptr) {
    entry_ = &young_[key_];
    young_bytes_ += key_.size();
  }
  young_bytes_ += response.size() - entry_->response.size();
  entry_->content_version = content_version_;
  entry_->date_begin = date_begin;
  entry_->response = response;
  if (young_bytes_ < kGenerationBytes) return;
  old_ = std::exchange(young_, {});
  young_bytes_ = 0;
}

ResponseCache::Entry* ResponseCache::find() {
  if (const auto young = young_.find(key_); young != young_.end()) return &young->second;
  auto node = old_.extract(key_);
  if (!node) return nullptr;
  young_bytes_ += key_.size() + node.mapped().response.size();
  return &young_.insert(std::move(node)).position->second;
}

}  // namespace forkscope::gateway
