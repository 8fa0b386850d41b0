#include "program/program.h"

#include "program/reporter.h"

namespace forkscope::program {

child::Child as_child(const Settings& settings) {
  child::Child child;
  child.run = [settings](const child::Inheritance& inheritance) {
    return run(settings, inheritance);
  };
  child.faults_enabled = true;  // as far as the program has them, which viewers ask it themselves
  child.command = settings.command;
  return child;
}

}  // namespace forkscope::program
