// A sentence is made of phrases, so that whoever shows it chooses by their kind and never searches
// finished text. Plain values; everyone may use them, the window and the text view do.
//
// The phrases of a sentence stand in the order of their weight: where there is too little room for
// all of them, the last one goes first. That is the one rule for every reader (shortened()).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forkscope::words {

enum class PhraseKind {
  state,    ///< How it stands, "HUNG 4.2 s"; the first of a sentence.
  outage,   ///< How long a worker was out, in parts; a bar may show the same (words/outage.h).
  fact,     ///< More of it, that nobody tells apart.
  moved,    ///< Which connections went on elsewhere, "15 connections moved in 3.0 ms".
  end,      ///< How its process ended, "SIGABRT", "exit code 70".
  process,  ///< Which process it is, "pid 4713, core 3, 4 connections".
  others,   ///< What the other workers did meanwhile.
};

struct Phrase {
  PhraseKind kind = PhraseKind::fact;
  std::string text;  ///< Printable UTF-8.
};

using Sentence = std::vector<Phrase>;

inline constexpr std::string_view kBetween = " · ";

/// "WORKER 3 HUNG 4.2 s": names whom the state is of. `sentence` is not empty.
Sentence about(const std::string& subject, Sentence sentence);

/// The whole as one line: "hung · out for 12 ms · SIGABRT".
std::string joined(const Sentence& sentence, std::string_view between = kBetween);

/// The sentence for somebody who sees what phrases of that kind say, or need not know it.
Sentence without(Sentence sentence, PhraseKind kind);

/// As many phrases, from the first, as `fits(sentence)` agrees to; at least `least` of them, which
/// the reader has to cut.
template <typename Fits>
Sentence shortened(Sentence sentence, std::size_t least, const Fits& fits) {
  while (sentence.size() > least && !fits(std::as_const(sentence))) sentence.pop_back();
  return sentence;
}

}  // namespace forkscope::words
