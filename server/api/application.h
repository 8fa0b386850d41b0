// The todos application: everything that this server serves.
//
// To serve something of your own, define make_application() in a file of yours instead; see
// docs/build-your-own.md. An application is a class with an add_routes() that fills an
// httplib::Server; the rest of gateway::Application is for those that keep data. Pre-forking, hang
// protection and telemetry come with it.
//
// It is made in each worker process, after its fork. about() alone is asked in the primary,
// before there is any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "application/about.h"
#include "application/application.h"
#include "forkscope/telemetry/segment_view.h"

namespace forkscope::bus {
class Member;
}

namespace forkscope::api {

/// What the command line has to know of the application: optional. Where no source of a server
/// defines it, it is the one of about.cpp: a database named after the server, no options of its
/// own.
About about();

/// What the worker tells the application about its surroundings.
struct ApplicationContext {
  std::string database;                               ///< Path of the SQLite file: --db.
  bool faults_enabled = false;                        ///< Serve /v1/faults/….
  const telemetry::SegmentView* telemetry = nullptr;  ///< Never null; outlives the application.
  std::function<bool()> draining;                     ///< Whether this worker is about to stop.
  int wake = -1;                                      ///< An eventfd, to have the loop ask again.
  std::vector<int> heirlooms = {};  ///< Of an earlier worker; empty for the first.
  /// Asks the primary to share the port otherwise. Never waits; false: it does not listen now.
  std::function<bool(telemetry::BalancePolicy)> ask_for_balance = {};
  /// To the other workers (bus/member.h); null unless about() asks for it. Outlives the
  /// application.
  bus::Member* messages = nullptr;
};

/// Opens the database: the one that the heirlooms are of, if there are any. Throws
/// store::StoreError, or gateway::NotYet where trying again may help; one line that names path and
/// reason.
std::unique_ptr<gateway::Application> make_application(const ApplicationContext& context);

}  // namespace forkscope::api
