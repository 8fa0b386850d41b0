#include "http/chunked_decoder.h"

#include <algorithm>

#include "http/syntax.h"

namespace forkscope::http {
namespace {

/// As many as 64 bits take. Leading zeros count, so that a size cannot go on for ever.
constexpr unsigned kMaxSizeDigits = 16;

unsigned hex_value(char c) {
  return static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
}

}  // namespace

ChunkedDecoder::Status ChunkedDecoder::decode(std::string_view input, std::size_t& pos,
                                              std::string& body) {
  while (pos < input.size()) {
    const char c = input[pos];
    Status status = Status::need_more;
    switch (state_) {
      case State::size_first:
      case State::size: status = decode_size(c, body.size()); break;

      case State::size_whitespace:
      case State::extension: status = decode_extension(c); break;

      case State::size_lf:
        if (c != '\n') return fail(bad_request("A CR is not followed by LF."));
        state_ = chunk_left_ == 0 ? State::trailer : State::data;
        break;

      case State::data: {
        const std::size_t size = std::min<std::uint64_t>(chunk_left_, input.size() - pos);
        body.append(input, pos, size);
        pos += size;
        chunk_left_ -= size;
        if (chunk_left_ == 0) state_ = State::data_cr;
        continue;
      }

      case State::data_cr:
        if (c != '\r') return fail(bad_request("Chunk data is not followed by CRLF."));
        state_ = State::data_lf;
        break;

      case State::data_lf:
        if (c != '\n') return fail(bad_request("Chunk data is not followed by CRLF."));
        state_ = State::size_first;
        break;

      case State::trailer: return decode_trailer(input, pos);
    }
    if (status == Status::error) return status;
    ++pos;
  }
  return Status::need_more;
}

ChunkedDecoder::Status ChunkedDecoder::decode_size(char c, std::size_t decoded_bytes) {
  if (state_ == State::size_first) {
    if (!is(c, kHexDigit)) return fail(bad_request("A chunk does not begin with its size."));
    chunk_left_ = 0;
    size_digits_ = 0;
    state_ = State::size;
  }
  if (is(c, kHexDigit)) {
    if (++size_digits_ > kMaxSizeDigits) return fail(bad_request("A chunk size overflows."));
    chunk_left_ = chunk_left_ * 16 + hex_value(c);
    return Status::need_more;
  }
  if (c != '\r' && c != ';' && c != ' ' && c != '\t') {
    return fail(bad_request("A chunk size is not a hexadecimal number."));
  }
  if (chunk_left_ > limits_->max_body_bytes - decoded_bytes) return fail(content_too_large());
  if (c == '\r') {
    state_ = State::size_lf;
    return Status::need_more;
  }
  state_ = State::size_whitespace;
  return decode_extension(c);
}

// Whitespace after the size is allowed before the semicolon of an extension, and only there.
ChunkedDecoder::Status ChunkedDecoder::decode_extension(char c) {
  if (state_ == State::extension && c == '\r') {
    state_ = State::size_lf;
    return Status::need_more;
  }
  if (++extension_bytes_ > limits_->max_chunk_extension_bytes) {
    return fail(bad_request("The chunk extensions are too long."));
  }
  if (state_ == State::extension) {
    if (!is(c, kTextChar)) {
      return fail(bad_request("A chunk extension holds a control character."));
    }
  } else if (c == ';') {
    state_ = State::extension;
  } else if (c != ' ' && c != '\t') {
    return fail(bad_request("A chunk size is not a hexadecimal number."));
  }
  return Status::need_more;
}

ChunkedDecoder::Status ChunkedDecoder::decode_trailer(std::string_view input, std::size_t& pos) {
  const std::size_t begin = pos;
  const std::size_t room = limits_->max_trailer_bytes - trailer_bytes_;
  const std::string_view text = input.substr(0, std::min(room, input.size() - begin) + begin);
  for (;;) {
    switch (trailer_.next(text, pos)) {
      case FieldScanner::Event::field: break;
      case FieldScanner::Event::end: return Status::complete;
      case FieldScanner::Event::error: return fail(bad_request(trailer_.fault()));
      case FieldScanner::Event::need_more:
        trailer_bytes_ += pos - begin;
        if (pos == input.size()) return Status::need_more;
        return fail(bad_request("The trailer section is too long."));
    }
  }
}

ChunkedDecoder::Status ChunkedDecoder::fail(const FramingError& error) {
  error_ = error;
  return Status::error;
}

}  // namespace forkscope::http
