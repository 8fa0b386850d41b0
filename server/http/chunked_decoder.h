// Takes the chunked transfer coding off a request body (RFC 9112 section 7.1), incrementally.
//
//   chunked-body = *( chunk-size [ chunk-ext ] CRLF chunk-data CRLF )
//                  1*"0" [ chunk-ext ] CRLF trailer-section CRLF
//
// Extensions and trailer fields are bounded, checked and dropped: nothing in a trailer may change
// what the head said (RFC 9110 section 6.5.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/field_scanner.h"
#include "http/framing_error.h"
#include "http/limits.h"

namespace forkscope::http {

class ChunkedDecoder {
 public:
  enum class Status { need_more, complete, error };

  /// The limits must outlive the decoder.
  explicit ChunkedDecoder(const Limits& limits) : limits_(&limits) {}

  /// Decodes from input[pos] and appends to `body`, which nobody else may change. Moves pos behind
  /// what it used: all of it, or up to the end of the coding, or onto the byte that is wrong. Each
  /// byte is passed once.
  Status decode(std::string_view input, std::size_t& pos, std::string& body);

  /// Meaningful after Status::error.
  const FramingError& error() const { return error_; }

 private:
  enum class State {
    size_first,
    size,
    size_whitespace,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer
  };

  Status decode_size(char c, std::size_t decoded_bytes);
  Status decode_extension(char c);
  Status decode_trailer(std::string_view input, std::size_t& pos);
  Status fail(const FramingError& error);

  const Limits* limits_;
  State state_ = State::size_first;
  std::uint64_t chunk_left_ = 0;  ///< The size being read, then the data bytes still to come.
  unsigned size_digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  FieldScanner trailer_;
  FramingError error_;
};

}  // namespace forkscope::http
