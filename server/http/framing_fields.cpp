#include "http/framing_fields.h"

#include <limits>

#include "http/request_target.h"
#include "http/syntax.h"

namespace forkscope::http {

std::optional<FramingError> FramingFields::accept(std::string_view name, std::string_view value,
                                                  int minor_version) {
  const auto is_named = [name](std::string_view lower) {
    return equals_ignoring_case(name, lower);
  };
  if (is_named("host")) return accept_host(value);
  if (is_named("content-length")) return accept_content_length(value);
  if (is_named("transfer-encoding")) return accept_transfer_encoding(value, minor_version);
  if (is_named("connection")) {
    accept_connection(value);
  } else if (is_named("expect")) {
    // A client of HTTP/1.0 cannot be answered with 100 (RFC 9110 section 10.1.1).
    const bool expects_100 = equals_ignoring_case(value, "100-continue");
    expects_continue_ |= expects_100 && minor_version > 0;
    expects_something_else_ |= !expects_100;
  } else if (is_named("content-encoding")) {
    has_unsupported_content_ |= !equals_ignoring_case(value, "identity");
  } else if (is_named("content-type")) {
    constexpr std::string_view kMultipart = "multipart/";
    has_unsupported_content_ |=
        equals_ignoring_case(value.substr(0, kMultipart.size()), kMultipart);
  }
  return std::nullopt;
}

std::optional<FramingError> FramingFields::accept_host(std::string_view value) {
  if (has_host_) return bad_request("The request has more than one Host field.");
  if (!is_valid_authority(value)) return bad_request("The Host field names no valid host.");
  has_host_ = true;
  return std::nullopt;
}

std::optional<FramingError> FramingFields::accept_content_length(std::string_view value) {
  if (has_content_length_) {
    return bad_request("The request has more than one Content-Length field.");
  }
  if (transfer_encodings_ != 0) {
    return bad_request("The request has both Content-Length and Transfer-Encoding.");
  }
  if (value.empty()) return bad_request("The Content-Length field is empty.");
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  for (const char c : value) {
    if (!is_digit(c)) return bad_request("The Content-Length field is not a decimal number.");
    const unsigned digit = static_cast<unsigned>(c - '0');
    if (content_length_ > (kMax - digit) / 10) {
      return bad_request("The Content-Length field overflows.");
    }
    content_length_ = content_length_ * 10 + digit;
  }
  has_content_length_ = true;
  return std::nullopt;
}

std::optional<FramingError> FramingFields::accept_transfer_encoding(std::string_view value,
                                                                    int minor_version) {
  if (minor_version == 0) return bad_request("HTTP/1.0 has no Transfer-Encoding.");
  if (has_content_length_) {
    return bad_request("The request has both Content-Length and Transfer-Encoding.");
  }
  // Several lines are one list (RFC 9110 section 5.3), so the last line has the last coding.
  const std::string_view last_coding = trim_ows(value.substr(value.rfind(',') + 1));
  last_coding_is_chunked_ = equals_ignoring_case(last_coding, "chunked");
  only_coding_is_chunked_ = transfer_encodings_ == 0 && equals_ignoring_case(value, "chunked");
  ++transfer_encodings_;
  return std::nullopt;
}

void FramingFields::accept_connection(std::string_view value) {
  for (;;) {
    const std::size_t comma = value.find(',');
    const std::string_view option = trim_ows(value.substr(0, comma));
    connection_close_ |= equals_ignoring_case(option, "close");
    connection_keep_alive_ |= equals_ignoring_case(option, "keep-alive");
    if (comma == value.npos) return;
    value.remove_prefix(comma + 1);
  }
}

std::optional<FramingError> FramingFields::check(int minor_version,
                                                 std::size_t max_body_bytes) const {
  if (minor_version > 0 && !has_host_) return bad_request("The request has no Host field.");
  if (transfer_encodings_ != 0 && !last_coding_is_chunked_) {
    return bad_request("The last transfer coding is not chunked, so the body has no known end.");
  }
  if (transfer_encodings_ != 0 && !only_coding_is_chunked_) {
    return FramingError{501, "The only transfer coding known here is chunked."};
  }
  if (content_length_ > max_body_bytes) return content_too_large();
  if (has_unsupported_content_) {
    return FramingError{415, "This server takes neither encoded nor multipart content."};
  }
  if (expects_something_else_) {
    return FramingError{417, "The only expectation known here is 100-continue."};
  }
  return std::nullopt;
}

}  // namespace forkscope::http
