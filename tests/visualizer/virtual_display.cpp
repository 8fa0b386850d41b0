#include "virtual_display.h"

#include <csignal>
#include <sstream>
#include <stdexcept>

#include "support/wait_until.h"

namespace forkscope::visualizer_test {

using support::wait_until;

VirtualDisplay::VirtualDisplay() {
  const std::string screen = std::to_string(kWidth) + "x" + std::to_string(kHeight) + "x24";
  // -displayfd: it looks for a free number itself and says which, once it accepts connections.
  // -noreset: it stays as it is when the last client leaves.
  server_ = std::make_unique<Program>(
      Command{{"Xvfb", "-displayfd", "1", "-screen", "0", screen, "-nolisten", "tcp", "-noreset",
               "-ardelay", "50", "-arinterval", "20", "-fbdir", directory_.path().string()}});
  std::string number;
  const bool ready = wait_until([&] {
    number = server_->output();
    return number.ends_with('\n') || server_->has_ended();
  });
  if (!ready || server_->has_ended()) throw std::runtime_error("no Xvfb: " + server_->errors());
  number.pop_back();
  name_ = ":" + number;
}

VirtualDisplay::~VirtualDisplay() {
  if (server_->has_ended()) return;
  server_->signal(SIGTERM);
  wait_until([&] { return server_->has_ended(); });
}

Picture VirtualDisplay::screen() const { return read_xwd(directory_.path() / "Xvfb_screen0"); }

std::string VirtualDisplay::focus(const std::string& title) const {
  std::string window = xdotool({"search", "--sync", "--onlyvisible", "--name", title});
  window.resize(window.find_first_of('\n'));
  xdotool({"windowfocus", "--sync", window});
  return xdotool({"getwindowname", window});
}

void VirtualDisplay::press(const std::string& key) const { xdotool({"key", key}); }

void VirtualDisplay::click(int x, int y) const {
  xdotool({"mousemove", "--sync", std::to_string(x), std::to_string(y), "click", "1"});
}

void VirtualDisplay::point(int x, int y) const {
  xdotool({"mousemove", "--sync", std::to_string(x), std::to_string(y)});
}

void VirtualDisplay::hold(const std::string& key) const { xdotool({"keydown", key}); }

void VirtualDisplay::set_dpi(int dpi) const {
  const std::string resource = "Xft.dpi:\t" + std::to_string(dpi);
  call({"xprop", "-root", "-format", "RESOURCE_MANAGER", "8s", "-set", "RESOURCE_MANAGER",
        resource});
}

VirtualDisplay::Size VirtualDisplay::focused_size() const {
  std::istringstream lines(xdotool({"getwindowfocus", "getwindowgeometry", "--shell"}));
  Size size;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("WIDTH=")) size.width = std::stoi(line.substr(6));
    if (line.starts_with("HEIGHT=")) size.height = std::stoi(line.substr(7));
  }
  return size;
}

std::string VirtualDisplay::call(std::vector<std::string> line) const {
  const std::string name = line.front();
  Program program({std::move(line), {{"DISPLAY", name_}}});
  if (program.wait_for_exit() != 0) throw std::runtime_error(name + ": " + program.errors());
  return program.output();
}

std::string VirtualDisplay::xdotool(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "xdotool");
  return call(std::move(arguments));
}

}  // namespace forkscope::visualizer_test
