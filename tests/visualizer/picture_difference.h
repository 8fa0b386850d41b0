// Where two pictures of the same size are not the same, for pictures that other drivers and other
// versions of a font's renderer may draw.
//
// Those round the edges of shapes and glyphs a little differently, and everywhere; what a person
// would miss is a part of the picture. So it is not pixels that are compared, but what small blocks
// of them are on average: there, an edge weighs little, and half a bar much.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "picture.h"

namespace forkscope::visualizer_test {

inline constexpr std::size_t kBlock = 8;  ///< Pixels, of each side.

/// Number of a block, row by row from the top.
std::vector<std::size_t> different_blocks(const Picture& actual, const Picture& expected);

/// The picture in grey, and what differs in red.
void write_difference(const Picture& actual, const std::vector<std::size_t>& blocks,
                      const std::filesystem::path& png);

}  // namespace forkscope::visualizer_test
