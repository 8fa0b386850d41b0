#include "text/help.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "words/glossary.h"
#include "words/look.h"

namespace forkscope::text {

namespace {

constexpr std::size_t kWord = 16;  // columns of a word, with the space behind it

struct Key {
  std::string_view key;
  std::string_view does;
};

constexpr std::array kKeys{
    Key{"h", "hang: one request that never returns"},
    Key{"c", "crash: one request that takes its worker along"},
    Key{"k", "kill the busiest worker (SIGKILL)"},
    Key{"l", "load on and off: real requests, from here"},
    Key{"t", "what the load asks for: the next of what the server has answered"},
    Key{"o", "whether connections outlive their worker: on and off"},
    Key{"b", "who takes a new connection: the next of six ways"},
    Key{"s", "the next server, where several run"},
    Key{"Space", "pause the picture; the server goes on"},
    Key{"← →", "100 ms back, 100 ms on"},
    Key{"n p", "to the next, the previous incident; likewise Shift with an arrow"},
    Key{"e End", "back to live"},
    Key{"m", "put a marker on the time line"},
    Key{"?", "this list, on and off"},
    Key{"q", "leave"},
};

/// Lines that stay together.
using Block = std::vector<Line>;

/// Broken at spaces; a word that is longer than a line is cut by whoever draws.
std::vector<std::string_view> broken(std::string_view text, std::size_t columns) {
  std::vector<std::string_view> lines;
  while (columns_of(text) > columns) {
    const std::size_t most = cut(text, columns + 1).size();
    const std::size_t space = text.rfind(' ', most - 1);
    if (space == std::string_view::npos || space == 0) break;
    lines.push_back(text.substr(0, space));
    text.remove_prefix(space + 1);
  }
  if (!text.empty()) lines.push_back(text);
  return lines;
}

/// "◐ draining": the word of a state stands behind its shape, as in the table.
std::string marked(std::string_view word) {
  for (int i = 0; i <= static_cast<int>(words::Look::unknown); ++i) {
    const auto look = static_cast<words::Look>(i);
    if (words::word(look) == word) return std::string(words::shape(look)) + ' ' + std::string(word);
  }
  return std::string(word);
}

class Screens {
 public:
  Screens(TableSize size, Colors colors) : size_(size), colors_(colors) {
    std::vector<Block> keys;
    keys.reserve(kKeys.size());
    for (const Key& key : kKeys) keys.push_back(entry(std::string(key.key), {}, key.does));
    add("Keys", keys);
    for (std::size_t topic = 0; topic < words::kTopics; ++topic) {
      std::vector<Block> blocks;
      for (const words::Term& term : words::glossary()) {
        if (static_cast<std::size_t>(term.topic) != topic) continue;
        blocks.push_back(entry(marked(term.word), term.plain, term.sentence));
      }
      add(words::title(static_cast<words::Topic>(topic)), blocks);
    }
  }

  const std::vector<Block>& all() const { return screens_; }

 private:
  Line line() const { return Line(size_.columns, colors_); }

  Block entry(const std::string& word, std::string_view plain, std::string_view sentence) const {
    Block lines;
    const auto put = [&](std::string_view text, Style style) {
      Line next = line();
      next.add_left(lines.empty() ? word : std::string(), kWord, Style::bold).add(text, style);
      lines.push_back(next);
    };
    const std::size_t columns = size_.columns - std::min(size_.columns, kWord);
    for (const std::string_view text : broken(plain, columns)) put(text, Style::bold);
    for (const std::string_view text : broken(sentence, columns)) put(text, Style::plain);
    return lines;
  }

  /// Begins a screen, and as many more as it takes.
  void add(std::string_view title, const std::vector<Block>& blocks) {
    const std::size_t room = size_.rows - std::min<std::size_t>(size_.rows, 1);
    const auto begin = [&] {
      Line head = line();
      head.add(title, Style::dim);
      screens_.push_back({head});
    };
    begin();
    for (const Block& block : blocks) {
      if (screens_.back().size() > 1 && screens_.back().size() + block.size() > room) begin();
      screens_.back().insert(screens_.back().end(), block.begin(), block.end());
    }
  }

  const TableSize size_;
  const Colors colors_;
  std::vector<Block> screens_;
};

}  // namespace

std::size_t help_screens(TableSize size) { return Screens(size, Colors::none).all().size(); }

std::vector<std::string> help(TableSize size, std::size_t screen, Colors colors) {
  const Screens screens(size, colors);
  const std::size_t count = screens.all().size();
  const std::size_t shown = screen % count;
  std::vector<std::string> lines;
  for (const Line& line : screens.all()[shown]) lines.push_back(line.bytes());
  lines.resize(size.rows);
  if (size.rows == 0) return lines;
  Line foot(size.columns, colors);
  foot.add(std::to_string(shown + 1) + " of " + std::to_string(count), Style::bold)
      .add("   Space → next  ← back  ? close  q quit", Style::dim);
  lines.back() = foot.bytes();
  return lines;
}

}  // namespace forkscope::text
