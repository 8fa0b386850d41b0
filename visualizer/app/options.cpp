#include "app/options.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

namespace forkscope::app {

namespace {

constexpr int kBadUsage = 2;
constexpr int kLeastSide = 320;
constexpr int kMostSide = 8192;

/// "1600x900". Returns what is wrong with it, for CLI11; an empty string when nothing is.
std::string read_size(const std::string& text, Options& options) {
  int width = 0;
  int height = 0;
  char rest = 0;
  const bool whole = std::sscanf(text.c_str(), "%5dx%5d%c", &width, &height, &rest) == 2;
  if (!whole || std::min(width, height) < kLeastSide || std::max(width, height) > kMostSide) {
    return "wants WIDTHxHEIGHT, each from 320 to 8192: " + text;
  }
  options.width = width;
  options.height = height;
  return {};
}

/// "dark" or "light"; returns what read_size() does.
std::string read_theme(const std::string& text, Options& options) {
  if (text != "dark" && text != "light") return "wants dark or light: " + text;
  options.theme = text == "dark" ? views::ThemeKind::dark : views::ThemeKind::light;
  return {};
}

/// "12.5s", "1:05", "12:04:31", "end"; returns what read_size() does.
std::string read_moment(const std::string& text, Options& options) {
  options.session.at = recording::parse_moment(text);
  if (options.session.at) return {};
  return "wants a time after the start (12.5, 1:05), before the end (-3), a time of day "
         "(12:04:31), or end: " +
         text;
}

}  // namespace

std::optional<int> parse_options(int argc, char** argv, Options& options) {
  CLI::App cli{"Forkscope: watch a forking server work, hang, crash and come back."};
  cli.name("todos-visualizer");
  cli.set_version_flag("--version", "todos-visualizer " FORKSCOPE_VERSION);

  std::uint16_t port = 0;
  std::string size;
  std::string theme;
  auto* port_option =
      cli.add_option("--port", port,
                     "Port of the server [the only running one, or a list to choose from]")
          ->check(CLI::Range(1, 65535));
  auto* socket_option =
      cli.add_option("--socket", options.session.socket,
                     "Control socket of the server, where its port does not tell which is meant")
          ->type_name("PATH")
          ->excludes(port_option);
  auto* text = cli.add_flag("--text", options.text, "No window: a live table on the terminal");
  auto* once =
      cli.add_flag("--once", options.once, "With --text: one JSON snapshot, then end")->needs(text);
  auto* record =
      cli.add_option("--record", options.session.record, "Write what is seen to FILE, for --replay")
          ->type_name("FILE")
          ->excludes(once);
  auto* replay =
      cli.add_option("--replay", options.session.replay, "Show what FILE holds; needs no server")
          ->type_name("FILE")
          ->excludes(record)
          ->excludes(socket_option)
          ->excludes(port_option);
  std::string moment;
  cli.add_option("--at", moment,
                 "Of the replay: stand still at 12.5 (seconds), 1:05, -3 (before the end), "
                 "12:04:31 (time of day) or end")
      ->type_name("TIME")
      ->needs(replay)
      ->check([&options](const std::string& value) { return read_moment(value, options); });
  auto* screenshot =
      cli.add_option("--screenshot", options.screenshot,
                     "Collect for two seconds, or with --replay at once; write OUT.png, then end")
          ->type_name("OUT.png")
          ->excludes(text);
  cli.add_option(
         "--compare", options.compare,
         "No window: measure all ways to share the port, which takes a minute or two; write "
         "TABLE.md, then end")
      ->type_name("TABLE.md")
      ->excludes(text)
      ->excludes(replay)
      ->excludes(screenshot);
  cli.add_option("--size", size,
                 "Size of the window, in pixels at 96 dpi, or of the picture [1600x900]")
      ->type_name("WxH")
      ->check([&options](const std::string& value) { return read_size(value, options); });
  cli.add_option("--scale", options.scale, "Everything bigger or smaller [1]")
      ->check(CLI::Range(0.5, 4.0));
  cli.add_option("--theme", theme, "dark or light [dark]")
      ->type_name("dark|light")
      ->check([&options](const std::string& value) { return read_theme(value, options); });

  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return cli.exit(error);
    std::cerr << "todos-visualizer: " << error.what() << " (see --help)\n";
    return kBadUsage;
  }
  if (port_option->count() > 0) options.session.port = port;
  return std::nullopt;
}

}  // namespace forkscope::app
