// Asks a server over HTTP what it has of what the visualizer can ask for. A request of those
// themselves would hang, crash or write; OPTIONS does nothing, and `Allow` in its answer names the
// methods of a resource (RFC 9110, section 9.3.7). An answer without it is no: some servers say yes
// to every OPTIONS, for browsers.
//
// Owns its two requests, and asks once. Nothing blocks: poll() does what can be done at once. Main
// thread only.
#pragma once

#include <string>

#include "live/one_shot_request.h"
#include "net/tcp_client.h"
#include "picture/offer.h"

namespace forkscope::live {

class OfferQuestion {
 public:
  explicit OfferQuestion(const net::TcpAddress& address);

  /// Takes in what has been answered.
  void poll();
  /// What is known so far. A question that nobody has answered stays unknown.
  const picture::Offer& offer() const { return offer_; }

 private:
  OneShotRequest faults_;
  OneShotRequest todos_;
  picture::Offer offer_;
};

}  // namespace forkscope::live
