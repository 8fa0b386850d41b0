// What the words on the screen mean, a sentence each: the window shows it where one points at a
// word, `?` lists all of it there and on a terminal, and docs/visualizer.md has it as a table. (The
// page at / has the sentences of the words that it uses in its script.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace forkscope::words {

/// What a word is about; in the order in which they are listed.
enum class Topic { figures, states, events, ends };
inline constexpr std::size_t kTopics = 4;
std::string_view title(Topic topic);  ///< "Figures", "States", …

struct Term {
  Topic topic;
  std::string_view word;      ///< As it stands on the screen.
  std::string_view forms;     ///< Other forms of it, with a '|' between: "hung|hangs".
  std::string_view plain;     ///< The same to a class; empty where the word is plain enough.
  std::string_view sentence;  ///< One, that says what it means.
};

/// All of them, by topic.
std::span<const Term> glossary();

/// Of that word or form of it, or null.
const Term* find_term(std::string_view word);

/// The term that covers the byte at `offset` of a text that is on the screen, or null: the longest,
/// where one is part of another ("core" of "core dumped"). A part of a path is no word.
const Term* term_at(std::string_view text, std::size_t offset);

/// Who is spoken to.
enum class Tone {
  exact,  ///< Who knows the field's words, or points at them.
  plain,  ///< A class, in presenter mode.
};

/// How a process ended (telemetry::ExitCause and its code): "SIGSEGV", "exit code 70"; to a class
/// "ended for touching memory that is not its own", "ended itself: exit code 70".
std::string end_text(std::uint32_t cause, std::uint32_t code, Tone tone);
/// What a worker's processes are counted by: "gen 2"; to a class "2nd process".
std::string generation_text(std::uint32_t generation, Tone tone);

}  // namespace forkscope::words
