// todos-server: parse the options, build the Supervisor, run.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "options/options.h"
#include "supervisor/supervisor.h"

int main(int argc, char** argv) {
  try {
    const auto parsed = forkscope::options::parse(argc, argv);
    if (!parsed.settings) return parsed.exit_code;
    return forkscope::supervisor::Supervisor(*parsed.settings).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "todos-server: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
