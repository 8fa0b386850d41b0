// A picture that grows at its right edge, column by column, as a heat map over time does.
//
// The graphics card keeps it as a texture that is used as a ring: a column is sent once, when it is
// new, and the picture is drawn as two pieces of the ring. The app owns the one that draws; a test
// or a benchmark may have one that only counts.
#pragma once

#include <imgui.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "views/geometry.h"

namespace forkscope::views {

class PixelColumns {
 public:
  virtual ~PixelColumns() = default;
  /// Replaces one column of the ring; `pixels` from the bottom to the top, `rows` of them.
  virtual void write_column(std::size_t column, std::span<const ImU32> pixels) = 0;
  virtual ImTextureID texture() const = 0;

  std::size_t columns() const { return names_.size(); }
  std::size_t rows() const { return rows_; }
  /// Whether the ring's column for the bin `name` has to be written so that it holds what `stamp`
  /// stands for. The caller does so if it is: the next time it is not.
  bool claim(std::uint64_t name, std::uint64_t stamp) {
    Name& held = names_[name % names_.size()];
    const bool same = held.name == name && held.stamp == stamp;
    held = {name, stamp};
    return !same;
  }

 protected:
  PixelColumns(std::size_t columns, std::size_t rows) : names_(columns), rows_(rows) {}

 private:
  struct Name {
    std::uint64_t name = ~std::uint64_t{0};
    std::uint64_t stamp = 0;
  };
  std::vector<Name> names_;
  std::size_t rows_;
};

/// Draws the columns of the bins `first` … `first + columns - 1` into `rect`.
void draw_columns(ImDrawList& list, const Rect& rect, const PixelColumns& pixels,
                  std::uint64_t first);

}  // namespace forkscope::views
