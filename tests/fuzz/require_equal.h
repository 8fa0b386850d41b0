// What a fuzz target demands: on a difference it prints both sides and aborts, which libFuzzer
// takes for a finding.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace forkscope::fuzz {

inline void require_equal(std::string_view expected, std::string_view actual, const char* what) {
  if (expected == actual) return;
  std::fprintf(stderr, "%s\n--- expected\n%.*s\n--- actual\n%.*s\n", what,
               static_cast<int>(expected.size()), expected.data(), static_cast<int>(actual.size()),
               actual.data());
  std::abort();
}

}  // namespace forkscope::fuzz
