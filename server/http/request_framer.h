// Finds where a request on a connection ends, and what it is (RFC 9112), before anything else looks
// at it. What the framer lets through has one reading only; everything else is an error with a
// status, and the connection closes. A server behind it never sees a byte that was not framed.
//
//              first byte                 empty line                  last byte
//   ┌──────┐  of the line   ┌──────┐   of the head, body   ┌──────┐  of the body   ┌──────────┐
//   │ idle ├───────────────▶│ head ├──────────────────────▶│ body ├───────────────▶│ complete │
//   └──────┘                └──┬───┘                       └──┬───┘                └────▲─────┘
//      ▲ reset()               │  empty line, no body         │                         │
//      │                       ├──────────────────────────────┼─────────────────────────┘
//   complete                   └──────────▶ failed ◀──────────┘   (from idle too)
//
// The framer is incremental and passes over each byte once: a head that arrives byte by byte costs
// no more scanning than one that arrives whole, and the answer is the same however the bytes were
// cut. An error is reported with the first byte that proves it, not at the end of the head. (What
// only the whole head can tell, such as a missing Host, is reported at its end.)
//
// One framer belongs to one connection of a worker and is used by the worker's only thread. It
// keeps its buffers from request to request, so that framing allocates nothing in steady state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "http/chunked_decoder.h"
#include "http/field_scanner.h"
#include "http/forwarded_fields.h"
#include "http/framing_error.h"
#include "http/framing_fields.h"
#include "http/limits.h"

namespace forkscope::http {

struct HeaderField {
  std::string_view name;   ///< As sent.
  std::string_view value;  ///< As sent, without the whitespace around it; may hold bytes ≥ 0x80.
};

/// A request as its client meant it. All views point into the framer and live until its reset() or
/// destruction; the connection's own input buffer may be reused at once.
struct FramedRequest {
  std::string_view method;  ///< One of GET HEAD POST PUT PATCH DELETE OPTIONS.
  std::string_view target;  ///< In origin form, "/path?query", or "*" for OPTIONS.
  std::string_view path;    ///< Up to the first '?', in its normal form (normal_path()).
  std::string_view query;   ///< Behind the first '?'; empty without one.
  int minor_version = 1;    ///< Of HTTP/1.x: 0 or 1. A higher one is answered as 1.
  /// Of the proxy's client, where a trusted one says; otherwise of an absolute target or of the
  /// Host field (RFC 9112 section 3.2.2). Empty only for HTTP/1.0.
  std::string_view host;
  std::string_view scheme = "http";  ///< "https" only where a trusted proxy says so.
  /// What leads our paths for the client of a trusted proxy, "/prefix"; empty for all others.
  std::string_view prefix;
  /// In the order sent, Host carrying the value of `host`. Trailer fields are never among them, and
  /// of the fields by which proxies speak of their clients only what a trusted one has sent:
  /// X-Forwarded-Proto and -Prefix, at the end, carry `scheme` and `prefix` where that has said so.
  std::vector<HeaderField> fields;
  std::string body;               ///< Without its transfer coding. The user may move it away.
  bool keep_alive = true;         ///< Whether the client lets the connection live on.
  bool expects_continue = false;  ///< Expect: 100-continue, from a client that has a body to send.
};

class RequestFramer {
 public:
  enum class Phase {
    idle,      ///< Nothing of a request has arrived (empty lines before it do not count).
    head,      ///< The head has begun.
    body,      ///< The head has passed; request() is valid but for its body.
    complete,  ///< request() is valid.
    failed,    ///< error() is valid. Only closing the connection helps.
  };

  enum class Peer { client, trusted_proxy };

  /// The limits must outlive the framer.
  explicit RequestFramer(const Limits& limits, Peer peer = Peer::client)
      : limits_(&limits), peer_(peer), chunked_(limits) {}
  RequestFramer(const RequestFramer&) = delete;  // The views of request() point into this object.
  RequestFramer& operator=(const RequestFramer&) = delete;

  /// Takes the next bytes of the connection, from one byte to many pipelined requests, and returns
  /// how many belonged to this request. Those are done with; phase() tells the rest:
  ///   complete      bytes behind them are for the next request, after reset();
  ///   failed        the last of them is the byte that proves the error;
  ///   anything else all were used, and more are needed.
  std::size_t consume(std::string_view input);

  Phase phase() const { return phase_; }
  const FramedRequest& request() const { return request_; }
  FramedRequest& request() { return request_; }
  const FramingError& error() const { return error_; }

  /// Whether the client holds its body back until it gets a "100 Continue" (RFC 9110 section
  /// 10.1.1). False as soon as a byte of the body is here.
  bool awaits_continue() const {
    return phase_ == Phase::body && request_.expects_continue && !body_begun_;
  }

  /// Makes ready for the next request of the connection.
  void reset();

 private:
  /// A part of the head, by position: the head moves while it arrives in pieces.
  struct Span {
    static Span of(std::string_view text, std::string_view part) {
      return {static_cast<std::size_t>(part.data() - text.data()), part.size()};
    }
    std::string_view in(std::string_view text) const { return text.substr(begin, size); }

    std::size_t begin = 0;
    std::size_t size = 0;
  };
  struct FieldSpans {
    Span name;
    Span value;
  };
  enum class HeadPart { method, target, version, request_line_lf, fields, done };

  /// All that scanning the head of one request needs to remember.
  struct HeadScan {
    std::size_t empty_lines = 0;  ///< CRLFs before the request line.
    bool empty_line_cr = false;   ///< Between the CR and the LF of one.
    HeadPart part = HeadPart::method;
    std::size_t position = 0;  ///< Where in the head scanning goes on.
    Span method;
    Span raw_target;
    Span authority;
    Span origin_form;
    std::size_t version_begin = 0;
    int minor_version = 0;
    FieldScanner field_lines;
    FramingFields framing;
  };

  // Each takes what follows and returns how much of it was used.
  std::size_t skip_empty_lines(std::string_view input);
  std::size_t consume_head(std::string_view input);
  std::size_t consume_body(std::string_view input);

  // Each takes the head as far as it has arrived and moves scan_.position on.
  void scan_head(std::string_view text);
  void scan_method(std::string_view text);
  void scan_target(std::string_view text);
  void scan_version(std::string_view text);
  void finish_request_line(std::string_view text);
  void scan_fields(std::string_view text);
  void accept_field(std::string_view text);

  void finish_head();
  void take_fields();
  void take_forwarded();
  void set_target();
  void fail(const FramingError& error);

  const Limits* limits_;
  Peer peer_;
  Phase phase_ = Phase::idle;
  FramedRequest request_;
  FramingError error_;
  HeadScan scan_;
  std::vector<FieldSpans> field_spans_;
  std::string head_;              ///< The head, once it is whole or has to wait for its rest.
  std::string rewritten_target_;  ///< Backs request_.target after an absolute form without a path.
  std::string normal_path_;       ///< Backs request_.path where that had escapes.
  ForwardedFields forwarded_;
  ChunkedDecoder chunked_;
  bool body_begun_ = false;
};

}  // namespace forkscope::http
