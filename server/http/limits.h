// Every limit that the gateway puts on a client, in one place.
//
// The command line fills one (options/options.cpp: the timeouts, head and body, the connections;
// the rest is changed here). Event loop, connections and framers read it and never change it. Sizes
// are bytes on the wire unless a comment says otherwise.
#pragma once

#include <chrono>
#include <cstddef>

namespace forkscope::http {

struct Limits {
  // ── one request: what is over a limit is answered with the status named here ──
  std::size_t max_method_bytes = 32;             ///< 501
  std::size_t max_head_bytes = 16 * 1024;        ///< 431; request line to empty line, inclusive
  std::size_t max_target_bytes = 8 * 1024;       ///< 414; half of that
  std::size_t max_fields = 100;                  ///< 431; field lines in the head
  std::size_t max_body_bytes = 1024 * 1024;      ///< 413; after decoding
  std::size_t max_chunk_extension_bytes = 4096;  ///< 400; of all chunks of a body together
  std::size_t max_trailer_bytes = 4096;          ///< 400; the whole trailer section
  std::size_t max_leading_empty_lines = 8;       ///< 400; CRLFs before a request line

  // ── one connection ──
  std::chrono::milliseconds head_timeout{10'000};   ///< 408; first byte to end of the head
  std::chrono::milliseconds body_timeout{30'000};   ///< 408; end of the head to end of the body
  std::chrono::milliseconds idle_timeout{75'000};   ///< close; between two requests
  std::chrono::milliseconds write_timeout{30'000};  ///< close; the peer reads nothing

  // ── one worker ──
  /// At the limit whoever keeps the worker waiting longest gives way to the next one.
  std::size_t max_connections = 1024;
  std::size_t max_lingering = 64;  ///< Beyond it: those that have got their last answer.
  std::chrono::milliseconds drain_timeout{27'000};  ///< Then it closes what has not ended yet.
};

}  // namespace forkscope::http
