#include "http/request_framer.h"

#include <algorithm>

#include "http/request_target.h"
#include "http/syntax.h"

namespace forkscope::http {
namespace {

/// A body buffer that grew beyond this is given back to the allocator after its request.
constexpr std::size_t kKeptBodyBytes = 64 * 1024;

constexpr std::string_view kVersionPattern = "HTTP/#.#";  ///< '#' stands for a digit.

constexpr FramingError not_implemented_method() {
  return {501, "The method is not one that this server implements."};
}

bool is_implemented(std::string_view method) {
  for (const std::string_view known :
       {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}) {
    if (method == known) return true;
  }
  return false;
}

}  // namespace

std::size_t RequestFramer::consume(std::string_view input) {
  std::size_t used = 0;
  if (phase_ == Phase::idle) used += skip_empty_lines(input);
  if (phase_ == Phase::head) used += consume_head(input.substr(used));
  if (phase_ == Phase::body) used += consume_body(input.substr(used));
  return used;
}

void RequestFramer::reset() {
  phase_ = Phase::idle;
  scan_ = {};
  field_spans_.clear();
  head_.clear();
  chunked_ = ChunkedDecoder(*limits_);
  body_begun_ = false;
  // A request that fails before its head is whole has none of these. finish_head() sets the rest.
  request_.method = request_.target = request_.path = request_.query = request_.host = {};
  request_.scheme = "http";
  request_.prefix = {};
  request_.fields.clear();
  if (request_.body.capacity() > kKeptBodyBytes) request_.body = {};
  request_.body.clear();
}

// Old clients send a CRLF too many after a body (RFC 9112 section 2.2).
std::size_t RequestFramer::skip_empty_lines(std::string_view input) {
  for (std::size_t pos = 0; pos < input.size(); ++pos) {
    const char c = input[pos];
    if (scan_.empty_line_cr) {
      scan_.empty_line_cr = false;
      if (c == '\n' && ++scan_.empty_lines <= limits_->max_leading_empty_lines) continue;
      fail(bad_request(c == '\n' ? "Too many empty lines precede the request."
                                 : "A CR is not followed by LF."));
      return pos + 1;
    }
    if (c != '\r') {
      phase_ = Phase::head;
      return pos;
    }
    scan_.empty_line_cr = true;
  }
  return input.size();
}

std::size_t RequestFramer::consume_head(std::string_view input) {
  const std::size_t already = head_.size();
  const std::size_t room = limits_->max_head_bytes - already;
  std::string_view text = input.substr(0, room);
  if (already != 0) {
    head_.append(text);
    text = head_;
  }
  scan_head(text);
  if (phase_ == Phase::failed) return scan_.position - already;
  if (already == 0) head_.assign(text.substr(0, scan_.position));
  if (scan_.part == HeadPart::done) {
    finish_head();
    return scan_.position - already;
  }
  if (input.size() <= room) return input.size();
  fail({431, "The head of the request is too long."});
  return room + 1;
}

// ── the head, part by part: on an error, position is behind the byte that proves it ──

void RequestFramer::scan_head(std::string_view text) {
  while (phase_ == Phase::head && scan_.position < text.size()) {
    switch (scan_.part) {
      case HeadPart::method: scan_method(text); break;
      case HeadPart::target: scan_target(text); break;
      case HeadPart::version: scan_version(text); break;
      case HeadPart::request_line_lf: finish_request_line(text); break;
      case HeadPart::fields: scan_fields(text); break;
      case HeadPart::done: return;
    }
  }
}

void RequestFramer::scan_method(std::string_view text) {
  const std::size_t limit = limits_->max_method_bytes;
  std::size_t& pos = scan_.position;
  pos = skip_while(text.substr(0, limit), pos, kTokenChar);
  if (pos == text.size()) return;
  const char c = text[pos++];
  if (c == ' ' && pos > 1) {
    scan_.method = {0, pos - 1};
    scan_.raw_target.begin = pos;
    scan_.part = HeadPart::target;
  } else if (is(c, kTokenChar)) {
    fail(not_implemented_method());
  } else {
    fail(bad_request("The request line does not begin with a method and one space."));
  }
}

void RequestFramer::scan_target(std::string_view text) {
  const std::size_t begin = scan_.raw_target.begin;
  std::size_t& pos = scan_.position;
  pos = skip_while(text.substr(0, begin + limits_->max_target_bytes), pos, kTargetChar);
  if (pos == text.size()) return;
  const char c = text[pos++];
  if (c == ' ' && pos - 1 > begin) {
    scan_.raw_target.size = pos - 1 - begin;
    scan_.version_begin = pos;
    scan_.part = HeadPart::version;
  } else if (is(c, kTargetChar)) {
    fail({414, "The request target is too long."});
  } else {
    fail(bad_request("The request target is missing or holds a character that is not allowed."));
  }
}

void RequestFramer::scan_version(std::string_view text) {
  std::size_t& pos = scan_.position;
  while (pos < text.size()) {
    const std::size_t index = pos - scan_.version_begin;
    const char c = text[pos++];
    if (index == kVersionPattern.size()) {
      if (c != '\r') break;
      scan_.part = HeadPart::request_line_lf;
      return;
    }
    const char expected = kVersionPattern[index];
    if (expected == '#' ? !is_digit(c) : c != expected) break;
    if (pos == text.size()) return;
  }
  fail(bad_request("The request line does not end in one space, an HTTP version and CRLF."));
}

void RequestFramer::finish_request_line(std::string_view text) {
  if (text[scan_.position++] != '\n') return fail(bad_request("A CR is not followed by LF."));
  const std::string_view version = text.substr(scan_.version_begin, kVersionPattern.size());
  if (version[5] != '1') {
    return fail({505, "This server speaks HTTP/1.1 and HTTP/1.0."});
  }
  scan_.minor_version = version[7] == '0' ? 0 : 1;
  const std::string_view method = scan_.method.in(text);
  if (!is_implemented(method)) return fail(not_implemented_method());
  RequestTarget target;
  const std::string_view fault = split_request_target(method, scan_.raw_target.in(text), target);
  if (!fault.empty()) return fail(bad_request(fault));
  if (!target.authority.empty()) scan_.authority = Span::of(text, target.authority);
  scan_.origin_form = Span::of(text, target.origin_form);
  scan_.part = HeadPart::fields;
}

void RequestFramer::scan_fields(std::string_view text) {
  switch (scan_.field_lines.next(text, scan_.position)) {
    case FieldScanner::Event::need_more: return;
    case FieldScanner::Event::field: return accept_field(text);
    case FieldScanner::Event::end: scan_.part = HeadPart::done; return;
    case FieldScanner::Event::error:
      ++scan_.position;
      return fail(bad_request(scan_.field_lines.fault()));
  }
}

void RequestFramer::accept_field(std::string_view text) {
  if (field_spans_.size() == limits_->max_fields) {
    return fail({431, "The request has too many fields."});
  }
  const std::string_view name = scan_.field_lines.name(text);
  const std::string_view value = trim_ows(scan_.field_lines.value(text));
  field_spans_.push_back({Span::of(text, name), Span::of(text, value)});
  if (const auto error = scan_.framing.accept(name, value, scan_.minor_version)) fail(*error);
}

// ── the head is whole ──

void RequestFramer::finish_head() {
  const FramingFields& framing = scan_.framing;
  if (const auto error = framing.check(scan_.minor_version, limits_->max_body_bytes)) {
    return fail(*error);
  }
  const bool has_body = framing.is_chunked() || framing.content_length() != 0;
  request_.method = scan_.method.in(head_);
  request_.minor_version = scan_.minor_version;
  request_.keep_alive = framing.keeps_alive(scan_.minor_version);
  request_.expects_continue = framing.expects_continue() && has_body;
  set_target();
  take_fields();
  phase_ = has_body ? Phase::body : Phase::complete;
}

void RequestFramer::take_fields() {
  request_.host = scan_.authority.in(head_);
  std::size_t host_at = field_spans_.size();
  bool is_forwarded = false;
  for (const FieldSpans& spans : field_spans_) {
    const HeaderField field{spans.name.in(head_), spans.value.in(head_)};
    if (ForwardedFields::is_one(field.name)) {
      if (peer_ == Peer::client) continue;
      if (!is_forwarded) forwarded_.reset();
      is_forwarded = true;
      if (forwarded_.accept(field.name, field.value)) continue;
    } else if (equals_ignoring_case(field.name, "host")) {
      host_at = request_.fields.size();
      if (request_.host.empty()) request_.host = field.value;
    }
    request_.fields.push_back(field);
  }
  if (is_forwarded) take_forwarded();
  if (host_at < request_.fields.size()) request_.fields[host_at].value = request_.host;
}

void RequestFramer::take_forwarded() {
  if (!forwarded_.host().empty()) request_.host = forwarded_.host();
  if (!forwarded_.scheme().empty()) {
    request_.scheme = forwarded_.scheme();
    request_.fields.push_back({"X-Forwarded-Proto", request_.scheme});
  }
  if (!forwarded_.prefix().empty()) {
    request_.prefix = forwarded_.prefix();
    request_.fields.push_back({"X-Forwarded-Prefix", request_.prefix});
  }
}

void RequestFramer::set_target() {
  std::string_view target = scan_.origin_form.in(head_);
  if (target.empty() || target.front() == '?') {
    // RFC 9112 sections 3.2.1 and 3.2.4: a missing path is "/", for OPTIONS the whole server.
    const bool whole_server = target.empty() && request_.method == "OPTIONS";
    rewritten_target_ = whole_server ? "*" : "/";
    rewritten_target_ += target;
    target = rewritten_target_;
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  request_.target = target;
  request_.path = target.substr(0, question);
  if (request_.path.find('%') != request_.path.npos) {
    normal_path_ = normal_path(request_.path);
    request_.path = normal_path_;
  }
  request_.query = target.substr(std::min(question + 1, target.size()));
}

// ── the body ──

std::size_t RequestFramer::consume_body(std::string_view input) {
  if (input.empty()) return 0;
  body_begun_ = true;
  std::string& body = request_.body;
  if (!scan_.framing.is_chunked()) {
    const std::size_t missing = scan_.framing.content_length() - body.size();
    const std::string_view part = input.substr(0, missing);
    body.append(part);
    if (part.size() == missing) phase_ = Phase::complete;
    return part.size();
  }
  std::size_t pos = 0;
  switch (chunked_.decode(input, pos, body)) {
    case ChunkedDecoder::Status::need_more: break;
    case ChunkedDecoder::Status::complete: phase_ = Phase::complete; break;
    case ChunkedDecoder::Status::error:
      ++pos;
      fail(chunked_.error());
      break;
  }
  return pos;
}

void RequestFramer::fail(const FramingError& error) {
  error_ = error;
  phase_ = Phase::failed;
}

}  // namespace forkscope::http
