// Splits the bytes that a terminal sends into keys.
//
// A cursor or function key is a control sequence of several bytes (ECMA-48, 5.4: ESC [, parameters
// 0x30–0x3F, intermediates 0x20–0x2F, one final 0x40–0x7E; after ESC O likewise). Its bytes mean
// nothing one by one: the H of Home must never be the key H. Main thread only.
#pragma once

#include <string>
#include <string_view>

namespace forkscope::text {

class KeyReader {
 public:
  /// Takes in what one read has brought. A sequence may come in several.
  void add(std::string_view bytes);
  /// Takes out the next key: one byte, or a whole sequence with its ESC. Empty: there is none, or
  /// it has not come to its end yet.
  std::string next();

 private:
  std::string bytes_;  // not taken out yet
};

}  // namespace forkscope::text
