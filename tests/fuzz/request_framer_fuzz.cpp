// Any bytes, cut in any way: the framer must read the same requests from them, and a request that
// it accepted, written down again in the plainest way, must be read as that one request.
//
// The first byte of the input says how the stream is cut, the rest is the stream. It is framed with
// the limits of a server, and with limits that are small enough for the fuzzer to reach.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/syntax.h"
#include "plain_request.h"
#include "require_equal.h"
#include "support/framing_transcript.h"

namespace {

using forkscope::fuzz::require_equal;
using forkscope::fuzz::serialise;
using forkscope::http::equals_ignoring_case;
using forkscope::http::FramedRequest;
using forkscope::http::HeaderField;
using forkscope::http::Limits;
using forkscope::http::RequestFramer;
using forkscope::support::describe;
using forkscope::support::transcribe;
using forkscope::support::transcribe_whole;

/// The request without its body's framing: what two framings of the same message share.
FramedRequest without_body_framing(FramedRequest request) {
  std::erase_if(request.fields, [](const HeaderField& field) {
    return equals_ignoring_case(field.name, "content-length") ||
           equals_ignoring_case(field.name, "transfer-encoding");
  });
  request.expects_continue = false;  // An empty chunked body expects it, an empty sized one cannot.
  return request;
}

void require_same_when_written_again(const FramedRequest& accepted) {
  const FramedRequest request = without_body_framing(accepted);
  const std::string bytes = serialise(request);
  Limits limits;
  limits.max_target_bytes += 1;  // "http://host?query" gets the '/' that it lacked.
  limits.max_head_bytes += 1;
  RequestFramer framer(limits);
  const std::size_t used = framer.consume(bytes + "GET / HTTP/1.1\r\n");
  require_equal("complete",
                framer.phase() == RequestFramer::Phase::complete ? "complete" : bytes.c_str(),
                "An accepted request is not accepted when written again.");
  require_equal(bytes, std::string_view(bytes).substr(0, used),
                "A request written again ends elsewhere.");
  require_equal(describe(request), describe(without_body_framing(framer.request())),
                "A request written again reads differently.");
}

void require_one_reading(std::string_view stream, std::size_t seed, const Limits& limits) {
  const std::string whole = transcribe_whole(stream, limits);
  const auto byte_by_byte = [](std::size_t) { return std::size_t{1}; };
  require_equal(whole, transcribe(stream, byte_by_byte, limits), "Byte by byte reads differently.");
  const auto in_pieces = [seed](std::size_t delivered) {
    return 1 + (delivered + 1) * (seed + 7) % 23;
  };
  require_equal(whole, transcribe(stream, in_pieces, limits), "In pieces reads differently.");

  RequestFramer framer(limits);
  while (!stream.empty()) {
    RequestFramer fresh(limits);
    const std::size_t used = framer.consume(stream);
    const bool same_end = fresh.consume(stream) == used && fresh.phase() == framer.phase();
    require_equal("same", same_end ? "same" : stream, "Behind another request it ends elsewhere.");
    if (framer.phase() != RequestFramer::Phase::complete) break;
    require_equal(describe(fresh.request()), describe(framer.request()),
                  "Behind another request it reads differently.");
    require_same_when_written_again(framer.request());
    stream.remove_prefix(used);
    framer.reset();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  require_one_reading(stream, data[0], Limits{});
  Limits small;
  small.max_target_bytes = 16;
  small.max_head_bytes = 128;
  small.max_fields = 4;
  small.max_body_bytes = 32;
  small.max_chunk_extension_bytes = 8;
  small.max_trailer_bytes = 16;
  small.max_leading_empty_lines = 1;
  require_one_reading(stream, data[0], small);
  return 0;
}
