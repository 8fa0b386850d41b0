// Finds where one HTTP/1.1 response ends and the next begins (RFC 9112, section 6.3).
//
// For responses with a Content-Length or without a body, which is all that the todos API sends.
// Keeps no body. One per connection; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace forkscope::load {

class ResponseFramer {
 public:
  enum class Result {
    incomplete,  ///< More bytes are needed.
    complete,    ///< One response is over; see status() and keep_alive().
    malformed,   ///< Not understood: the connection is of no use any more.
  };

  /// Takes bytes from the front of `bytes` up to the end of the response.
  Result take(std::string_view& bytes);

  std::uint32_t status() const { return status_; }
  bool keep_alive() const { return keep_alive_; }
  /// Number of the worker that has answered, as X-Worker has it; 0: it has none.
  std::uint32_t worker() const { return worker_; }

 private:
  static constexpr std::size_t kMaxHeadBytes = 16 * 1024;

  Result parse_head();
  bool parse_field(std::string_view line);

  std::string head_;             // the head so far
  std::uint64_t body_left_ = 0;  // once the head is complete
  bool in_body_ = false;
  std::uint32_t status_ = 0;
  bool keep_alive_ = true;
  std::uint32_t worker_ = 0;
};

}  // namespace forkscope::load
