#include "http/field_scanner.h"

#include "http/syntax.h"

namespace forkscope::http {

FieldScanner::Event FieldScanner::next(std::string_view text, std::size_t& pos) {
  while (pos < text.size()) {
    const char c = text[pos];
    switch (state_) {
      case State::line_start:
        if (c == '\r') {
          ++pos;
          state_ = State::end_lf;
          break;
        }
        if (c == ' ' || c == '\t') return fail("A field line begins with whitespace.");
        if (c == '\n') return fail("A line ends in a bare LF.");
        if (c == ':') return fail("A field has an empty name.");
        if (!is(c, kTokenChar)) return fail("A field name holds a character that is not allowed.");
        name_begin_ = pos;
        state_ = State::name;
        break;

      case State::name:
        pos = skip_while(text, pos, kTokenChar);
        if (pos == text.size()) break;
        if (text[pos] == ' ' || text[pos] == '\t') {
          return fail("There is whitespace between a field name and its colon.");
        }
        if (text[pos] != ':') return fail("A field name holds a character that is not allowed.");
        name_end_ = pos++;
        state_ = State::value;
        break;

      case State::value:
        pos = skip_text(text, pos);
        if (pos == text.size()) break;
        if (text[pos] == '\n') return fail("A line ends in a bare LF.");
        if (text[pos] != '\r') return fail("A field value holds a control character.");
        value_end_ = pos++;
        state_ = State::field_lf;
        break;

      case State::field_lf:
        if (c != '\n') return fail("A CR is not followed by LF.");
        ++pos;
        state_ = State::line_start;
        return Event::field;

      case State::end_lf:
        if (c != '\n') return fail("A CR is not followed by LF.");
        ++pos;
        return Event::end;
    }
  }
  return Event::need_more;
}

FieldScanner::Event FieldScanner::fail(std::string_view fault) {
  fault_ = fault;
  return Event::error;
}

}  // namespace forkscope::http
