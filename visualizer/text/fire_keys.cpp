#include "text/fire_keys.h"

#include <cctype>

#include "words/faults.h"
#include "words/format.h"

namespace forkscope::text {

void FireKeys::follow(const picture::Snapshot& now) {
  if (server_) server_->poll(now.time_ns);  // of what is fired only the end matters
  workers_ = now.workers.size();
  if (now.attachment == picture::Attachment::lost && load_.status().running) load_.stop();
  if (server_ && info_.instance_id == now.server.instance_id) return;
  if (!server_ && now.server.port == 0) return;
  load_.stop();  // it belongs to the server that is left
  info_ = now.server;
  server_.reset();
  if (info_.port == 0) return;  // the one that is looked at now gives no picture
  server_ = std::make_unique<live::ControlClient>(info_.host, info_.port, info_.socket);
}

std::optional<std::string> FireKeys::press(char key) {
  const int name = std::tolower(static_cast<unsigned char>(key));
  if (name != 'h' && name != 'c' && name != 'l') return std::nullopt;
  if (!server_) return "There is no server to act on.";
  if (name == 'l') return toggle_load();
  return fire(name == 'h' ? words::hang_target(0) : words::crash_target(0));
}

std::string FireKeys::fire(const std::string& target) {
  if (!info_.faults_enabled) return "Faults are off: start the server with --faults on.";
  return server_->fire(target).message;
}

std::string FireKeys::toggle_load() {
  if (load_.status().running) {
    load_.stop();
    return "Load is off.";
  }
  load::LoadOptions options = load::moderate_load(workers_);
  options.host = info_.host;
  options.port = info_.port;
  load_.start(options);
  return "Load: " + words::compact(options.requests_per_second) + " requests/s over " +
         words::counted(options.connections, "connection") + "; l stops it.";
}

}  // namespace forkscope::text
