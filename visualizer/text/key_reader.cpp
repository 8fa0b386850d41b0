#include "text/key_reader.h"

#include <cstddef>

namespace forkscope::text {

namespace {

constexpr char kEsc = '\x1b';
constexpr std::size_t kLongest = 64;  // bytes; no key is that long, so this is no key

bool within(char byte, char first, char last) { return byte >= first && byte <= last; }
bool begins_sequence(char byte) { return byte == '[' || byte == 'O'; }

/// Bytes of the sequence that `text` begins with, ESC and introducer included; 0: it goes on.
std::size_t sequence_length(std::string_view text) {
  std::size_t end = 2;
  // The Linux console sends F1 to F5 as ESC [ [ A to E.
  if (text[1] == '[' && text.size() > end && text[end] == '[') ++end;
  while (end < text.size() && within(text[end], 0x30, 0x3F)) ++end;
  while (end < text.size() && within(text[end], 0x20, 0x2F)) ++end;
  if (end == text.size()) return end < kLongest ? 0 : end;
  // A byte that belongs to no sequence breaks it off.
  return within(text[end], 0x40, 0x7E) ? end + 1 : end;
}

/// Bytes of the key that `text` begins with; 0: it goes on.
std::size_t key_length(std::string_view text) {
  if (text.front() != kEsc) return 1;
  if (text.size() == 1) return 0;
  if (begins_sequence(text[1])) return sequence_length(text);
  return text[1] == kEsc ? 1 : 2;  // Esc, or a key with Alt held
}

}  // namespace

void KeyReader::add(std::string_view bytes) {
  // An ESC that nothing has followed was the key Esc, unless this is its sequence.
  const bool was_esc = bytes_.size() == 1 && bytes_.front() == kEsc;
  if (was_esc && !bytes.empty() && !begins_sequence(bytes.front())) bytes_.clear();
  bytes_.append(bytes);
}

std::string KeyReader::next() {
  if (bytes_.empty()) return {};
  std::string key = bytes_.substr(0, key_length(bytes_));
  bytes_.erase(0, key.size());
  return key;
}

}  // namespace forkscope::text
