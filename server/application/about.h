// What a server is besides its routes: how it presents itself on the command line, and what it is
// told there. Its name is that of its file.
//
// A server made by forkscope_server() says so in api::about() (api/application.h), one with a
// main of its own hands it to options::parse(). Read in the primary, once, before there is a
// worker: what the options have set, every worker inherits.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace forkscope {

struct About {
  /// First line of --help.
  std::string description = "A forking server that you can watch.";
  /// Default of --db. Nothing: after the name, "poll.db" for poll-server; empty: it keeps nothing,
  /// and has no such option.
  std::optional<std::string> database = {};
  /// Other options of the server that mean nothing to it ("--faults"), and are refused. Only those
  /// of workers: the primary's are obeyed in any case.
  std::vector<std::string> without = {};
  /// Adds options of its own, behind those of the server, whose names are taken; a name that is
  /// taken ends the start. They may check what they are given, and name an environment variable.
  std::function<void(CLI::App&)> add_options = {};
  /// `run -- COMMAND` is understood as well (program/), by a main that obeys it
  /// (options::Settings::program): that of forkscope_server() does.
  bool runs_commands = false;
  /// Its workers send each other messages (bus/): api::ApplicationContext::messages.
  bool messages = false;
};

}  // namespace forkscope
