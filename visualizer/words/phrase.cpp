#include "words/phrase.h"

#include <cassert>

namespace forkscope::words {

Sentence about(const std::string& subject, Sentence sentence) {
  assert(!sentence.empty());
  sentence.front().text.insert(0, subject + ' ');
  return sentence;
}

std::string joined(const Sentence& sentence, std::string_view between) {
  std::string line;
  for (const Phrase& phrase : sentence) {
    if (&phrase != &sentence.front()) line += between;
    line += phrase.text;
  }
  return line;
}

Sentence without(Sentence sentence, PhraseKind kind) {
  std::erase_if(sentence, [kind](const Phrase& phrase) { return phrase.kind == kind; });
  return sentence;
}

}  // namespace forkscope::words
