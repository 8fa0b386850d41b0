// Numbers and strings as bytes, and back, for frames in memory and in files.
//
// Numbers are varints: seven bits per byte, lowest first, the top bit set on all but the last
// (LEB128). A difference is mapped to 0, -1, 1, -2 … → 0, 1, 2, 3 … before that, so that small
// steps in either direction take one byte. The reader trusts nothing: past the end, or at a varint
// of more than ten bytes, it fails, and gives zeros from then on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace forkscope::codec {

class ByteWriter {
 public:
  void number(std::uint64_t value) {
    while (value >= 0x80) {
      bytes_.push_back(static_cast<std::byte>(value | 0x80));
      value >>= 7;
    }
    bytes_.push_back(static_cast<std::byte>(value));
  }
  void difference(std::uint64_t value, std::uint64_t previous) {
    const std::uint64_t step = value - previous;
    number((step << 1) ^ (0 - (step >> 63)));
  }
  void text(std::string_view value) {
    number(value.size());
    raw(value.data(), value.size());
  }
  void raw(const void* data, std::size_t size) {
    const auto* first = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), first, first + size);
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<std::uint64_t>(bytes_.front());
      bytes_ = bytes_.subspan(1);
      value |= (byte & 0x7F) << (shift < 64 ? shift : 63);
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  std::uint64_t difference(std::uint64_t previous) {
    const std::uint64_t step = number();
    return previous + ((step >> 1) ^ (0 - (step & 1)));
  }
  /// A count of things that follow; more than `most` of them cannot be true.
  std::size_t count(std::size_t most) {
    const std::uint64_t value = number();
    if (value <= most) return static_cast<std::size_t>(value);
    fail();
    return 0;
  }
  std::string_view text(std::size_t most) {
    const std::size_t size = count(most);
    if (size > bytes_.size()) {
      fail();
      return {};
    }
    const std::string_view value(reinterpret_cast<const char*>(bytes_.data()), size);
    bytes_ = bytes_.subspan(size);
    return value;
  }
  void raw(void* data, std::size_t size) {
    if (size > bytes_.size()) return fail();
    std::memcpy(data, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
  }

  bool failed() const { return failed_; }
  bool at_end() const { return bytes_.empty(); }
  void fail() {
    failed_ = true;
    bytes_ = {};
  }

 private:
  std::span<const std::byte> bytes_;
  bool failed_ = false;
};

}  // namespace forkscope::codec
