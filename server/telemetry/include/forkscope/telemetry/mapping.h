// Owner of a mapped range of memory (mmap(2)): of the segment in the server and in a viewer, and of
// what a server shares with its children alone.
#pragma once

#include <cstddef>
#include <utility>

namespace forkscope::telemetry {

/// Owns a mapped range; unmaps it. Move-only.
class Mapping {
 public:
  Mapping() = default;
  Mapping(void* address, std::size_t bytes) : address_(address), bytes_(bytes) {}
  Mapping(Mapping&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping();

  /// Of no file, zeroed: processes that are forked from now on have the same. Pages that nobody
  /// touches cost nothing. Throws std::system_error, with `what` it was to be.
  static Mapping shared_anonymous(std::size_t bytes, const char* what);

  std::byte* data() const { return static_cast<std::byte*>(address_); }
  std::size_t size() const { return bytes_; }

 private:
  void* address_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace forkscope::telemetry
