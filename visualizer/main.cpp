// todos-visualizer: shows what a running todos-server does, in a window or on a terminal.
#include <csignal>
#include <exception>
#include <iostream>

#include "app/app.h"
#include "app/comparison_run.h"
#include "app/options.h"
#include "os/dispositions.h"
#include "os/standard_streams.h"
#include "text/text_view.h"

namespace {

/// So that a script can go on with --text.
constexpr int kNoDisplay = 3;

}  // namespace

int main(int argc, char** argv) {
  using namespace forkscope;
  os::open_standard_streams();
  os::ignore_signals({SIGXFSZ});  // a recording as long as `ulimit -f` allows stops, and we go on
  app::Options options;
  if (const auto exit_code = app::parse_options(argc, argv, options)) return *exit_code;
  try {
    if (options.text) return text::run_text(options.session, options.once);
    if (!options.compare.empty()) return app::write_comparison(options.session, options.compare);
    app::App visualizer(options);
    if (!options.screenshot.empty()) return visualizer.take_screenshot(options.screenshot);
    return visualizer.run();
  } catch (const app::NoDisplay& error) {
    // A picture of a file has no text view.
    const char* way_out = options.screenshot.empty() ? "use --text" : "xvfb-run -a gives it one";
    std::cerr << "todos-visualizer: " << error.what() << "; " << way_out << '\n';
    return kNoDisplay;
  } catch (const std::exception& error) {
    std::cerr << "todos-visualizer: " << error.what() << '\n';
  }
  return 1;
}
