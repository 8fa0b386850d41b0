// The glossary knows every word that is shown, and is told the same in the window, on the page, and
// in docs/visualizer.md.
#include "words/glossary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "forkscope/telemetry/event_kinds.h"
#include "forkscope/telemetry/names.h"
#include "words/faults.h"
#include "words/look.h"

namespace forkscope::words {
namespace {

using telemetry::ExitCause;

std::string word_at(std::string_view text, std::string_view pointed) {
  const Term* term = term_at(text, text.find(pointed));
  return term ? std::string(term->word) : "";
}

std::string ended(int signal, Tone tone) {
  return end_text(static_cast<std::uint32_t>(ExitCause::signaled),
                  static_cast<std::uint32_t>(signal), tone);
}

/// By which signal a process ends that is sent that one, without having asked for anything else; 0:
/// by none.
int end_by(int signal) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_UNBLOCK, &all, nullptr);
    ::signal(signal, SIG_DFL);  // fails for SIGKILL, which is as it is
    ::kill(::getpid(), signal);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, WUNTRACED);
  if (WIFSTOPPED(status)) {
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return 0;
  }
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(Glossary, SaysEachWordOnceAndInOneSentence) {
  std::set<std::string> words;
  for (const Term& term : glossary()) {
    std::string all = std::string(term.word);
    if (!term.forms.empty()) all.append("|").append(term.forms);
    std::stringstream forms(all);
    for (std::string form; std::getline(forms, form, '|');) {
      EXPECT_TRUE(words.insert(form).second) << form;
      EXPECT_EQ(find_term(form), &term) << form;
    }
    EXPECT_TRUE(term.sentence.ends_with('.')) << term.word;
    EXPECT_EQ(term.sentence.find(". "), std::string_view::npos) << term.word;
    EXPECT_LE(term.sentence.size(), 130U) << term.word << " is read while others wait";
  }
  EXPECT_EQ(find_term("no such word"), nullptr);
  EXPECT_EQ(find_term(""), nullptr);
}

TEST(Glossary, KnowsEveryStateEventAndFault) {
  for (int look = 0; look <= static_cast<int>(Look::unknown); ++look) {
    EXPECT_NE(find_term(word(static_cast<Look>(look))), nullptr) << word(static_cast<Look>(look));
  }
  for (std::uint16_t kind = 0;; ++kind) {
    const std::string_view name = to_string(static_cast<telemetry::EventKind>(kind));
    EXPECT_NE(find_term(name), nullptr) << name;
    if (kind != 0 && name == "unknown") break;
  }
  using telemetry::HangKind;
  for (const HangKind kind : {HangKind::spin, HangKind::blocked, HangKind::stopped}) {
    EXPECT_NE(find_term(to_string(kind)), nullptr) << to_string(kind);
  }
  using telemetry::MoveReason;
  for (const MoveReason reason :
       {MoveReason::hang, MoveReason::crash, MoveReason::drain, MoveReason::balance}) {
    EXPECT_NE(find_term(to_string(reason)), nullptr) << to_string(reason);
  }
  for (std::uint64_t phase = 0;; ++phase) {
    const std::string_view name = to_string(static_cast<telemetry::Phase>(phase));
    EXPECT_NE(find_term(name), nullptr) << name;
    if (name == "unknown") break;
  }
  for (const char* mode : kHangModes) EXPECT_NE(find_term(mode), nullptr) << mode;
  for (const char* way : kCrashWays) EXPECT_NE(find_term(way), nullptr) << way;
}

TEST(Glossary, HasPlainWordsForEverySignalThatAProcessCanEndBy) {
  int deadly = 0;
  for (int signal = 1; signal < NSIG; ++signal) {
    const int end = end_by(signal);
    if (end == 0) continue;
    ++deadly;
    const std::string name = ended(end, Tone::exact);
    const bool is_named = name.starts_with("SIG");
    EXPECT_EQ(find_term(name) != nullptr, is_named) << name;
    EXPECT_THAT(ended(end, Tone::plain),
                testing::HasSubstr(end == SIGABRT ? "broken off" : "ended"))
        << name;
    EXPECT_THAT(ended(end, Tone::plain), testing::Not(testing::HasSubstr("SIG"))) << name;
  }
  EXPECT_GT(deadly, 20);
}

TEST(Glossary, TellsAClassHowAProcessEnded) {
  EXPECT_EQ(ended(SIGSEGV, Tone::exact), "SIGSEGV");
  EXPECT_EQ(ended(SIGSEGV, Tone::plain), "ended for touching memory that is not its own");
  EXPECT_EQ(ended(77, Tone::plain), "ended by a signal");
  EXPECT_EQ(end_text(static_cast<std::uint32_t>(ExitCause::exited), 70, Tone::plain),
            "ended itself: exit code 70");
  EXPECT_EQ(generation_text(2, Tone::exact), "gen 2");
  EXPECT_EQ(generation_text(2, Tone::plain), "2nd process");
}

TEST(Glossary, FindsTheLongestWordThatIsPointedAt) {
  EXPECT_EQ(word_at("ended by SIGABRT, core dumped", "GABRT"), "SIGABRT");
  EXPECT_EQ(word_at("ended by SIGABRT, core dumped", "core"), "core dumped");
  EXPECT_EQ(word_at("ended by SIGABRT, core dumped", "by"), "");
  EXPECT_EQ(word_at("hung 2.00 s in GET /v1/x (spin)", "spin"), "spin");
  EXPECT_EQ(word_at("pid 4711   gen 1   core 0", "gen"), "gen");
  EXPECT_EQ(word_at("pid 4711   gen 1   core 0", "4711"), "");
  EXPECT_EQ(word_at("fair: 0.97 (1 = even)", "= even"), "fair");
  EXPECT_EQ(word_at("no request lost", "lost"), "requests lost");
}

TEST(Glossary, APartOfAPathIsNoWord) {
  EXPECT_EQ(word_at("in GET /v1/faults/hang", "hang"), "");
  EXPECT_EQ(word_at("/v1/faults/crash?how=segv", "segv"), "");
  EXPECT_EQ(word_at("--hang-after", "hang"), "");
  EXPECT_EQ(word_at("idleness", "idle"), "");
  EXPECT_EQ(word_at("idleness is idle", "idle"), "");
  EXPECT_EQ(term_at("idle", 4), nullptr);
  EXPECT_EQ(term_at("", 0), nullptr);
}

std::vector<std::string> lines_of(const char* file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Glossary, IsTheTableOfTheDocument) {
  std::vector<std::string> expected;
  for (const Term& term : glossary()) {
    expected.push_back("| " + std::string(term.word) + " | " + std::string(term.plain) +
                       (term.plain.empty() ? "| " : " | ") + std::string(term.sentence) + " |");
  }
  std::vector<std::string> told;
  bool begun = false;
  for (const std::string& line : lines_of(FORKSCOPE_VISUALIZER_DOCUMENT)) {
    if (line.starts_with("#")) begun = line == "## Words";
    if (begun && line.starts_with("| ") && !line.starts_with("| word ")) told.push_back(line);
  }
  EXPECT_THAT(told, testing::ElementsAreArray(expected));
}

/// The page's script has "  word: 'Sentence.'," for each word that it uses.
TEST(Glossary, SaysTheSameAsThePage) {
  const std::regex entry("^  '?([A-Za-z0-9 /]+)'?: ['\"](.*)['\"],$");
  std::map<std::string, std::string> told;
  bool begun = false;
  for (const std::string& line : lines_of(FORKSCOPE_PAGE_WORDS)) {
    if (line == "const WORDS = {") begun = true;
    if (line == "};") begun = false;
    std::smatch found;
    if (!begun || line.ends_with('{')) continue;
    ASSERT_TRUE(std::regex_match(line, found, entry)) << line;
    told[found[1]] = std::regex_replace(found[2].str(), std::regex(R"(\\\\)"), R"(\)");
  }
  EXPECT_GT(told.size(), 30U);
  for (const auto& [word, sentence] : told) {
    const Term* term = find_term(word);
    ASSERT_NE(term, nullptr) << word;
    EXPECT_EQ(sentence, term->sentence) << word;
  }
}

}  // namespace
}  // namespace forkscope::words
