// The few header fields that decide how a request is framed and whether it can be served: Host,
// Content-Length, Transfer-Encoding, Connection, Expect, Content-Encoding and Content-Type.
//
// Part of the RequestFramer, which shows it each field line as soon as that has ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/framing_error.h"

namespace forkscope::http {

class FramingFields {
 public:
  /// Takes note of one field; all others are ignored. The value is without whitespace around it.
  /// Returns what is wrong with it, or with it and the fields before it.
  std::optional<FramingError> accept(std::string_view name, std::string_view value,
                                     int minor_version);

  /// What only the whole head can tell, smuggling first.
  std::optional<FramingError> check(int minor_version, std::size_t max_body_bytes) const;

  bool is_chunked() const { return transfer_encodings_ != 0; }
  /// 0 when the field is missing: without it and without Transfer-Encoding there is no body.
  std::uint64_t content_length() const { return content_length_; }
  /// RFC 9112 section 9.3.
  bool keeps_alive(int minor_version) const {
    return !connection_close_ && (minor_version > 0 || connection_keep_alive_);
  }
  bool expects_continue() const { return expects_continue_; }

 private:
  std::optional<FramingError> accept_host(std::string_view value);
  std::optional<FramingError> accept_content_length(std::string_view value);
  std::optional<FramingError> accept_transfer_encoding(std::string_view value, int minor_version);
  void accept_connection(std::string_view value);

  bool has_host_ = false;
  bool has_content_length_ = false;
  std::uint64_t content_length_ = 0;
  std::size_t transfer_encodings_ = 0;   ///< Field lines.
  bool only_coding_is_chunked_ = false;  ///< Of all lines taken together, as the next one.
  bool last_coding_is_chunked_ = false;
  bool connection_close_ = false;
  bool connection_keep_alive_ = false;
  bool expects_continue_ = false;
  bool expects_something_else_ = false;
  bool has_unsupported_content_ = false;
};

}  // namespace forkscope::http
