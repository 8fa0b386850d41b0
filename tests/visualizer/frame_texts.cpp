#include "frame_texts.h"

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <list>
#include <sstream>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace forkscope::visualizer_test {

namespace {

std::string line_of(const FrameText& text) {
  std::ostringstream line;
  line << std::setw(5) << text.x << std::setw(5) << text.y << "  " << std::left << std::setw(10)
       << text.type << "  " << std::setw(9) << text.color << "  " << text.text;
  return line.str();
}

bool is_in_front(const FrameText& left, const FrameText& right) {
  return std::tie(left.y, left.x, left.text) < std::tie(right.y, right.x, right.text);
}

}  // namespace

void write_texts(std::vector<FrameText> texts, const std::filesystem::path& file) {
  std::stable_sort(texts.begin(), texts.end(), is_in_front);
  std::ofstream stream(file);
  for (const FrameText& text : texts) stream << line_of(text) << '\n';
  if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

std::vector<FrameText> read_texts(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  std::vector<FrameText> texts;
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    FrameText text;
    words >> text.x >> text.y >> text.type >> text.color >> std::ws;
    if (!std::getline(words, text.text)) {
      throw std::runtime_error(file.string() + " has a line that is no text: " + line);
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string difference_of(const std::vector<FrameText>& expected,
                          const std::vector<FrameText>& drawn) {
  std::list<FrameText> left(drawn.begin(), drawn.end());  // what nobody has expected so far
  std::vector<std::pair<FrameText, char>> lines;
  for (const FrameText& text : expected) {
    const auto found = std::find(left.begin(), left.end(), text);
    if (found != left.end()) {
      left.erase(found);
    } else {
      lines.emplace_back(text, '-');
    }
  }
  for (const FrameText& text : left) lines.emplace_back(text, '+');
  std::stable_sort(lines.begin(), lines.end(), [](const auto& one, const auto& other) {
    return is_in_front(one.first, other.first);
  });
  std::string all;
  for (const auto& [text, mark] : lines) all += mark + line_of(text) + '\n';
  return all;
}

}  // namespace forkscope::visualizer_test
