// Recognises the field lines of a head or of a trailer section, up to the empty line that ends it.
//
//   section    = *( field-line CRLF ) CRLF
//   field-line = token ":" OWS field-value OWS              (RFC 9112 section 5)
//
// Nothing that RFC 9112 lets a recipient tolerate is tolerated: bare CR, bare LF, line folding and
// whitespace before the colon are errors, because other parsers read them differently.
#pragma once

#include <cstddef>
#include <string_view>

namespace forkscope::http {

class FieldScanner {
 public:
  enum class Event {
    need_more,  ///< The text is used up.
    field,      ///< A field line has just ended; name() and value() tell which.
    end,        ///< The empty line has just ended.
    error,      ///< text[pos] cannot be; fault() tells why.
  };

  /// Scans from text[pos] to the next event and moves pos behind it (on an error: onto the byte
  /// that is wrong). The section may be passed in pieces; name() and value() are of use only when
  /// every text is the former one and what has arrived since.
  Event next(std::string_view text, std::size_t& pos);

  std::string_view name(std::string_view text) const {
    return text.substr(name_begin_, name_end_ - name_begin_);
  }
  /// With the whitespace around it.
  std::string_view value(std::string_view text) const {
    return text.substr(name_end_ + 1, value_end_ - name_end_ - 1);
  }
  /// One sentence for the client; a literal.
  std::string_view fault() const { return fault_; }

 private:
  enum class State { line_start, name, value, field_lf, end_lf };

  Event fail(std::string_view fault);

  State state_ = State::line_start;
  std::size_t name_begin_ = 0;
  std::size_t name_end_ = 0;
  std::size_t value_end_ = 0;
  std::string_view fault_;
};

}  // namespace forkscope::http
