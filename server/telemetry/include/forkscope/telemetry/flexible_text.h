// A line for people that knows which part of it gives way where there is too little room: not the
// word that stands last, which may be the one that matters.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace forkscope::telemetry {

/// Three parts, one behind the other: "hung 2.00 s in GET ", "/v1/faults/hang", " (spin)".
/// Printable UTF-8, as far as what it was made of is.
struct FlexibleText {
  std::string head;
  std::string middle;  ///< Gives way, from its beginning: of a path the end says most.
  std::string tail;

  /// A line of which nothing gives way is a string.
  FlexibleText(std::string all) : head(std::move(all)) {}
  FlexibleText(std::string begin, std::string gives_way, std::string end)
      : head(std::move(begin)), middle(std::move(gives_way)), tail(std::move(end)) {}

  std::string whole() const { return head + middle + tail; }

  /// The whole, or with as little of the middle left out as `fits(text)` agrees to, "…" in its
  /// place: "hung 2.00 s in GET …/hang (spin)". What still does not fit the reader has to cut.
  template <typename Fits>
  std::string fitted(const Fits& fits) const {
    std::string text = whole();
    for (std::size_t from = 0; from < middle.size() && !fits(text);) {
      from = std::min(middle.find_first_of("/,", from + 1), middle.size());
      text = head + "…" + middle.substr(from) + tail;
    }
    return text;
  }
};

}  // namespace forkscope::telemetry
