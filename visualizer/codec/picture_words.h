// A picture as a list of numbers, and back: the form in which pictures are compared and written.
//
// The order of the words is that of docs/recording-format.md and never changes; new ones come last.
// Strings are numbers of a table that whoever encodes or decodes keeps (frame_codec.h): 0 is the
// empty string. What comes back from words is believed no further than it can be true.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "picture/snapshot.h"

namespace forkscope::codec {

/// More cannot be true.
inline constexpr std::size_t kMaxCores = 1024;

struct PictureWords {
  static constexpr std::size_t kServerWords = 17;
  static constexpr std::size_t kTotalsWords = 17;
  static constexpr std::size_t kWorkerWords = 31;
  struct Worker {
    std::uint64_t number = 0;
    std::array<std::uint64_t, kWorkerWords> words{};
  };
  struct Core {
    std::uint64_t number = 0;
    std::uint64_t permille = 0;
    std::uint64_t own_permille = 0;  ///< One more than it is; 0 = not known. Since 1.2.
  };

  std::array<std::uint64_t, kServerWords> server{};
  std::array<std::uint64_t, kTotalsWords> totals{};
  std::vector<Worker> workers;  // by number, ascending
  std::vector<Core> cores;      // by number, ascending

  std::uint64_t time_ns() const { return server[0]; }
};

using WordOfText = std::function<std::uint64_t(const std::string&)>;
using TextOfWord = std::function<std::string(std::uint64_t)>;

PictureWords words_of(const picture::Snapshot& picture, const WordOfText& word_of);
picture::Snapshot picture_of(const PictureWords& words, const TextOfWord& text_of);

/// A method that a file names; `other` for what is not known.
telemetry::Method method_of(std::uint64_t word);

}  // namespace forkscope::codec
