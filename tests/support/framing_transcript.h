// What a RequestFramer makes of the bytes of one connection, as text: the requests one by one, then
// how it ended. Two ways to deliver the same bytes must give the same transcript. Header only, so
// that unit tests and fuzzers share it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>

#include "http/request_framer.h"

namespace forkscope::support {

inline std::string describe(const http::FramedRequest& request) {
  std::ostringstream out;
  out << request.method << ' ' << request.target << " HTTP/1." << request.minor_version
      << "\npath=" << request.path << " query=" << request.query << " host=" << request.host
      << (request.keep_alive ? " keep-alive" : " close")
      << (request.expects_continue ? " expects-continue" : "") << '\n';
  for (const http::HeaderField& field : request.fields) {
    out << field.name << "=[" << field.value << "]\n";
  }
  out << "body=[" << request.body << "]\n";
  return out.str();
}

/// The size of the next piece to deliver, given how many bytes have been delivered.
using Cut = std::function<std::size_t(std::size_t delivered)>;

inline std::string transcribe(std::string_view bytes, const Cut& cut,
                              const http::Limits& limits = {}) {
  using Phase = http::RequestFramer::Phase;
  std::ostringstream out;
  http::RequestFramer framer(limits);
  for (std::size_t delivered = 0; delivered < bytes.size();) {
    std::string piece(bytes.substr(delivered, std::max<std::size_t>(1, cut(delivered))));
    std::size_t used = 0;
    while (used < piece.size()) {
      used += framer.consume(std::string_view(piece).substr(used));
      if (framer.phase() == Phase::failed) {
        out << "error " << framer.error().status << " after " << delivered + used
            << " bytes: " << framer.error().detail << '\n';
        return out.str();
      }
      if (framer.phase() != Phase::complete) {
        if (used != piece.size()) return "The framer wants more, but left bytes unused.";
        break;
      }
      piece.replace(0, used, used, '#');  // The request must not depend on the caller's buffer.
      out << describe(framer.request());
      framer.reset();
    }
    delivered += piece.size();
  }
  constexpr std::string_view kPhases[] = {"idle", "head", "body", "complete", "failed"};
  out << "then " << kPhases[static_cast<std::size_t>(framer.phase())]
      << (framer.awaits_continue() ? ", awaits 100 Continue" : "") << '\n';
  return out.str();
}

inline std::string transcribe_whole(std::string_view bytes, const http::Limits& limits = {}) {
  return transcribe(
      bytes, [&bytes](std::size_t) { return bytes.size(); }, limits);
}

}  // namespace forkscope::support
