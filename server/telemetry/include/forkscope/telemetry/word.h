// Single loads and stores of the segment's words.
//
// The segment is shared between processes and read through `const` mappings, for which C++20 has no
// atomic view (`std::atomic_ref<const T>` is C++26). These are the compiler's own operations under
// their usual names; nothing else in the project touches a shared word.
#pragma once

#include <atomic>
#include <cstdint>

namespace forkscope::telemetry {

using Word = std::uint64_t;

static_assert(std::atomic<Word>::is_always_lock_free);

inline Word load_relaxed(const Word* word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
inline Word load_acquire(const Word* word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
inline void store_relaxed(Word* word, Word value) {
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}
inline void store_release(Word* word, Word value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/// For words with a single writer: no locked instruction is needed.
inline void add_relaxed(Word* word, Word amount) {
  store_relaxed(word, load_relaxed(word) + amount);
}

/// For words that several threads of their process add to.
inline void add_shared(Word* word, Word amount) {
  __atomic_fetch_add(word, amount, __ATOMIC_RELAXED);
}

}  // namespace forkscope::telemetry
