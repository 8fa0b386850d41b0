// A server whose children serve nobody, and talk: as fast as they can, whatever the primary has
// agreed on with them (child/voice.h).
#include <cstdlib>
#include <string>
#include <string_view>

#include "child/child.h"
#include "forkscope/telemetry/layout.h"
#include "supervisor/supervisor.h"

namespace {

using namespace forkscope;

int flood(const child::Inheritance& inheritance) {
  child::say_ready(inheritance);
  const std::string other = "\n2026-01-01 00:00:00.000 info    worker 7, pid 7: \x1b[2J\xff";
  while (true) {
    inheritance.writer.idle();
    for (int mark = 0; mark < 256; ++mark) {
      inheritance.voice.say(static_cast<child::Mark>(mark), other);
      inheritance.voice.say(static_cast<child::Mark>(mark), std::string(100'000, '\0'));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  supervisor::Settings settings;
  settings.workers = 2;
  settings.balance = telemetry::BalancePolicy::kernel;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--port=")) {
      settings.port = static_cast<std::uint16_t>(std::stoi(std::string(argument.substr(7))));
    }
  }
  child::Child child;
  child.run = flood;
  return supervisor::Supervisor(settings, child).run();
}
