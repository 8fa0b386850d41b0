// What it costs to find out where a request ends and what it is.
#include <benchmark/benchmark.h>

#include <string_view>

#include "http/request_framer.h"

namespace forkscope::http {
namespace {

void frame(benchmark::State& state, std::string_view bytes) {
  const Limits limits;
  RequestFramer framer(limits);
  for (auto _ : state) {
    benchmark::DoNotOptimize(framer.consume(bytes));
    if (framer.phase() != RequestFramer::Phase::complete) state.SkipWithError("not a request");
    framer.reset();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size()) * state.iterations());
}

BENCHMARK_CAPTURE(frame, get_of_wrk, "GET /v1/todos HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n");
BENCHMARK_CAPTURE(frame, get_of_curl,
                  "GET /v1/todos HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n"
                  "User-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n");
BENCHMARK_CAPTURE(
    frame, get_of_a_browser,
    "GET /v1/todos HTTP/1.1\r\nHost: localhost:8000\r\nConnection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\nUpgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.9\r\n"
    "If-None-Match: \"f52f050cfee33c68\"\r\n\r\n");
BENCHMARK_CAPTURE(frame, post,
                  "POST /v1/todos HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n"
                  "Content-Type: application/json\r\nContent-Length: 24\r\n\r\n"
                  "{\"title\":\"walk the dog\"}");
BENCHMARK_CAPTURE(frame, post_in_chunks,
                  "POST /v1/todos HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n"
                  "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "a\r\n{\"title\":\"\r\ne\r\nwalk the dog\"}\r\n0\r\n\r\n");

}  // namespace
}  // namespace forkscope::http
