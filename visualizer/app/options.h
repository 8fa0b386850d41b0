// The visualizer's command line.
#pragma once

#include <optional>
#include <string>

#include "session/session.h"
#include "views/palette.h"

namespace forkscope::app {

struct Options {
  session::SessionOptions session;  ///< What to look at.
  bool text = false;
  bool once = false;       ///< With `text`.
  std::string compare;     ///< Where to write the comparison to; empty = none.
  std::string screenshot;  ///< Where to write it; empty = open a window for people.
  int width = 1600;
  int height = 900;
  float scale = 1;
  views::ThemeKind theme = views::ThemeKind::dark;
};

/// Fills `options`, or says why the program ends here: with 0 after --help and --version, with 2
/// after bad usage (one line on stderr).
std::optional<int> parse_options(int argc, char** argv, Options& options);

}  // namespace forkscope::app
